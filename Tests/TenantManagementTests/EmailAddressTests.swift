import Testing

@testable import TenantManagement

@Suite
struct EmailAddressTests {
    @Test(arguments: [
        ("ann@acme.com", "ann@acme.com", "acme.com"), ("  Ann.Lee@ACME.Com ", "ann.lee@acme.com", "acme.com"),
        ("a+tag@sub.acme.co.uk", "a+tag@sub.acme.co.uk", "sub.acme.co.uk"),
        ("o'neil@x-y.org", "o'neil@x-y.org", "x-y.org"),
    ])
    func `valid addresses are normalized`(_ input: String, _ text: String, _ domain: String) {
        let address = EmailAddress(input)
        #expect(address?.text == text)
        #expect(address?.domain == domain)
    }

    @Test(arguments: [
        "", "ann", "@acme.com", "ann@", "ann@acme", "a@b@c.com", ".ann@acme.com", "ann.@acme.com", "a..b@acme.com",
        "ann@-acme.com", "ann@acme-.com", "ann@acme..com", "ann lee@acme.com", "ann@acme.com\r\nBcc: x@y.z",
        "ann@1.2.3.4", "\"ann\"@acme.com", "ann@[127.0.0.1]", "ann@acme.c",
        "\(String(repeating: "a", count: 65))@acme.com", "a@\(String(repeating: "b", count: 100)).com",
    ])
    func `invalid addresses are refused`(_ input: String) {
        #expect(EmailAddress(input) == nil)
    }
}
