import Entities
import Testing

@testable import TenantManagement

/// Which URLs endpoints may have, in every notation of addresses that libraries accept.
@Suite struct WebhookURLTests {
    private static let strict = WebhookURL(allowsHTTP: false, allowsPrivateAddresses: false)
    private static let local = WebhookURL(allowsHTTP: true, allowsPrivateAddresses: true)

    @Test(arguments: [
        "https://hooks.example.com", "https://hooks.example.com:8443/a?b=c", "HTTPS://Hooks.Example.COM/",
        "https://93.184.216.34/", "https://[2606:2800:220:1:248:1893:25c8:1946]/", "https://xn--bcher-kva.example/",
        "https://1.example.com/", "https://local.example.com/", "https://hooks.example.com./",
    ])
    func `a public URL is accepted`(_ url: String) {
        #expect(WebhookURL.pattern.matches(url) && Self.strict.problem(with: url) == nil)
    }

    @Test(arguments: [
        "http://hooks.example.com/", "https://user:secret@hooks.example.com/", "https://user@hooks.example.com/",
        "https://hooks.example.com/#top", "https:///path", "https://127.0.0.1/", "https://127.1/",
        "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://2130706433/", "https://0x7f000001/",
        "https://127.0.0.1./", "https://10.0.0.1/", "https://192.168.0.1/", "https://172.16.0.1/",
        "https://100.64.0.1/", "https://169.254.169.254/latest/meta-data", "https://0.0.0.0/",
        "https://255.255.255.255/", "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a9fe:a9fe]/", "https://[fe80::1]/", "https://[fd00:ec2::254]/", "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/", "https://localhost/", "https://LOCALHOST./", "https://app.localhost/",
        "https://metadata.google.internal/", "https://printer.local/", "https://1.2.3.4.5/", "https://1.2.3.256/",
        "https://example.0x1/",
    ])
    func `a URL that leads inside, or is ambiguous, is refused`(_ url: String) {
        #expect(Self.strict.problem(with: url) != nil)
    }

    @Test func `what is inside is accepted where the configuration allows it, and metadata services never`() {
        for url in ["http://127.0.0.1:8080/", "http://localhost/", "https://10.0.0.1/", "http://[::1]/"] {
            #expect(Self.local.problem(with: url) == nil, "\(url)")
        }
        for url in [
            "http://169.254.169.254/", "http://[fe80::1]/", "http://[::ffff:169.254.169.254]/", "http://2130706433/",
            "http://127.1/",
        ] { #expect(Self.local.problem(with: url) != nil, "\(url)") }
    }

    @Test(arguments: [
        "ftp://a.example.com/", "https://", "hooks.example.com", "https://a b/", "https://é.example.com/",
        "javascript:x", "",
    ])
    func `a text of another form does not match the pattern`(_ text: String) {
        #expect(!WebhookURL.pattern.matches(text))
    }
}
