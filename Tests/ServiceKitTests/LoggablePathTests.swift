import Testing

@testable import ServiceKit

@Suite struct LoggablePathTests {
    @Test(arguments: [
        "/", "/tenants", "/tenants/0198f5b0-0000-7000-8000-000000000000/contacts", "/explorer/swagger-ui.css",
        "/billing/inv_42",
    ])
    func `names, identifiers and numbers are shown`(path: String) {
        #expect(LoggablePath.text(path, route: nil) == path)
    }

    @Test(arguments: [
        ("/tenants/ann@example.com", "/tenants/{hidden}"), ("/tenants/ann%40example.com", "/tenants/{hidden}"),
        ("/a/eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl", "/a/{hidden}"), ("/x/+49123456", "/x/{hidden}"),
        ("/x/Zo\u{EB}", "/x/{hidden}"), ("/x/" + String(repeating: "a", count: 65), "/x/{hidden}"),
        (String(repeating: "/a", count: 20), "/…"), ("/a//b", "/a//b"),
    ])
    func `what may be anything else is hidden`(path: String, shown: String) {
        #expect(LoggablePath.text(path, route: nil) == shown)
        #expect(LoggablePath.text(path, route: path) == path, "the template of an operation is no secret")
    }

    @Test(arguments: [
        ("203.0.113.77", "203.0.113.77", "203.0.113.0/24"), ("10.1.2.3", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"), ("192.168.7.7", "192.168.7.7", "192.168.7.7"),
        ("172.32.0.1", "172.32.0.1", "172.32.0.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("fd00::1", "fd00::1", "fd00::1"), ("fe80::1", "fe80::1", "fe80::1"), ("::1", "::1", "::1"),
        ("::ffff:8.8.8.8", "8.8.8.8", "8.8.8.0/24"),
    ])
    func `addresses of clients are shown as far as an operator wants`(text: String, full: String, network: String)
        throws
    {
        let address = try #require(ClientAddress(text))
        #expect(ClientAddressDetail.full.text(of: address) == full)
        #expect(ClientAddressDetail.network.text(of: address) == network)
        #expect(ClientAddressDetail.none.text(of: address) == nil)
    }
}
