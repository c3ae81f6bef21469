import OutboundHTTP
import Primitives
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

@Suite struct HTTPURLTests {
    @Test func `the parts of a URL are read`() throws {
        let url = try #require(HTTPURL("https://id.example.com:8443/a?b=c"))
        #expect(url.isSecure && url.host == "id.example.com" && url.hasQuery && !url.isLoopback)
        let local = try #require(HTTPURL("HTTP://[::1]:80"))
        #expect(!local.isSecure && local.host == "::1" && local.isLoopback && !local.hasQuery)
        #expect(HTTPURL("http://127.1.2.3/")?.isLoopback == true)
        #expect(HTTPURL("http://127.0.0.1.example.com/")?.isLoopback == false)
    }

    @Test(arguments: [
        "", "example.com", "ftp://example.com", "http://", "http:///a", "http://u@example.com",
        "http://u:p@example.com",
        "http://example.com/#f", "http://exa mple.com", "http://example.com/ä",
    ])
    func `anything else is refused`(text: String) {
        #expect(HTTPURL(text) == nil && !HTTPURL.isValid(text))
    }

    @Test func `headers that could smuggle others are refused`() {
        #expect(HTTPURL.isHeader(name: "authorization", value: "Bearer x"))
        #expect(!HTTPURL.isHeader(name: "a b", value: "x") && !HTTPURL.isHeader(name: "", value: "x"))
        #expect(!HTTPURL.isHeader(name: "a", value: "x\r\ny: z") && !HTTPURL.isHeader(name: "a:", value: "x"))
    }
}

@Suite struct RetryAfterTests {
    private let now = Timestamp(iso8601: "1994-11-06T08:49:30Z")

    @Test(arguments: [
        ("0", Duration.zero), ("120", .seconds(120)), ("86401", .seconds(86_400)),
        ("99999999999999999999999", .seconds(86_400)), ("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(7)),
        ("Sun, 06 Nov 1994 08:49:00 GMT", .zero), ("Sun, 06 Nov 2094 08:49:37 GMT", .seconds(86_400)),
    ])
    func `seconds and dates are read, up to a day`(text: String, expected: Duration) throws {
        #expect(RetryAfter.parse(text, now: try #require(now)) == expected)
    }

    @Test(arguments: [
        "", "-1", "1.5", "soon", "Sun, 06 Nov 1994", "Sun, 06 Foo 1994 08:49:37 GMT", "06 Nov 1994 08:49:37",
    ])
    func `anything else says nothing`(text: String) throws {
        #expect(RetryAfter.parse(text, now: try #require(now)) == nil)
    }
}
