import TenantManagement
import Testing

@Suite struct MailAddressTests {
    @Test(arguments: [
        "a@b", "first.last+tag@mail.example.com", "o'hara@example.com", #""with space \" quote"@example.com"#,
        "user@[127.0.0.1]", "user@[IPv6:::1]", "jörg@bücher.example", "trailing.@docomo.example",
    ])
    func `an address that SMTP can carry is kept as written`(text: String) throws {
        let address = try #require(MailAddress(specification: text))
        #expect(address.specification == text)
        #expect(address.name == nil)
    }

    @Test(arguments: [
        "", "a", "@b", "a@", "a@b@c", "a b@c", "a@b c", "a@b>", "<a@b>", "a@b\r\nRCPT TO:<x@y>", "a\n@b", "a\u{0}@b",
        "a@b..c", "a@.b", "a,b@c", "a@b,c@d", #""open@example.com"#, #""a"b"@c"#, "a@b\u{2028}", "a\u{85}b@c", "a@[]",
        "a@[x>]", "a@\u{301}b", String(repeating: "a", count: 65) + "@b",
        "a@" + String(repeating: "b.", count: 130) + "c",
    ])
    func `anything else is not an address`(text: String) {
        #expect(MailAddress(specification: text) == nil)
    }

    @Test func `a name may stand before the address`() throws {
        let address = try #require(MailAddress("Arc Mails <arc@example.com>"))
        #expect(address.name == "Arc Mails")
        #expect(address.specification == "arc@example.com")
        #expect(MailAddress("\"Arc, Inc.\" <arc@example.com>")?.name == "Arc, Inc.")
        #expect(MailAddress("<arc@example.com>")?.name == nil)
        #expect(MailAddress("arc@example.com")?.specification == "arc@example.com")
        #expect(MailAddress("Arc <arc@example.com") == nil)
        #expect(MailAddress("Arc <arc example.com>") == nil)
        #expect(MailAddress(specification: "Arc <arc@example.com>") == nil)
    }

    @Test func `only addresses beyond ASCII need SMTPUTF8`() {
        #expect(MailAddress(specification: "jörg@example.com")?.needsUTF8 == true)
        #expect(MailAddress(specification: "joerg@bücher.example")?.needsUTF8 == true)
        #expect(MailAddress("Jörg <joerg@example.com>")?.needsUTF8 == false)
    }
}
