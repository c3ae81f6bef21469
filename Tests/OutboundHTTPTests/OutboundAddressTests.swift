import OutboundHTTP
import Testing

@Suite struct OutboundAddressTests {
    @Test(arguments: [
        ("169.254.169.254", OutboundAddress.Kind.linkLocal), ("fe80::1", .linkLocal), ("fd00:ec2::254", .linkLocal),
        ("fd20:ce::254", .linkLocal), ("::ffff:169.254.169.254", .linkLocal), ("64:ff9b::a9fe:a9fe", .linkLocal),
        ("2002:a9fe:a9fe::1", .linkLocal), ("100.100.100.200", .linkLocal), ("192.0.0.192", .linkLocal),
        ("168.63.129.16", .linkLocal),
        ("127.0.0.1", .privateNetwork), ("::1", .privateNetwork), ("::", .privateNetwork), ("0.0.0.0", .privateNetwork),
        ("10.1.2.3", .privateNetwork), ("172.16.0.1", .privateNetwork), ("172.31.255.255", .privateNetwork),
        ("192.168.1.1", .privateNetwork), ("100.64.0.1", .privateNetwork), ("fc00::1", .privateNetwork),
        ("fec0::1", .privateNetwork), ("::ffff:10.0.0.1", .privateNetwork), ("::10.0.0.1", .privateNetwork),
        ("2002:0a00:0001::1", .privateNetwork), ("64:ff9b:1::a00:1", .privateNetwork), ("192.0.2.1", .privateNetwork),
        ("198.18.0.1", .privateNetwork), ("224.0.0.1", .privateNetwork), ("255.255.255.255", .privateNetwork),
        ("ff02::1", .privateNetwork), ("2001:db8::1", .privateNetwork), ("2001::1", .privateNetwork),
        ("nonsense", .privateNetwork),
        ("172.32.0.1", .publicNetwork), ("100.128.0.1", .publicNetwork), ("8.8.8.8", .publicNetwork),
        ("2001:4860:4860::8888", .publicNetwork), ("2606:4700::1111", .publicNetwork),
        ("::ffff:8.8.8.8", .publicNetwork), ("2002:0808:0808::1", .publicNetwork),
    ])
    func `every address has a kind`(text: String, kind: OutboundAddress.Kind) {
        #expect(OutboundAddress.kind(ofText: text) == kind)
    }
}
