import Primitives
import Testing

@testable import TenantManagement

@Suite struct MailTextTests {
    @Test(arguments: [
        ("Jane Doe", "Jane Doe"), ("J. R. Doe", "J. R. Doe"), ("Zoë Łukasiewicz", "Zoë Łukasiewicz"),
        ("山田 太郎", "山田 太郎"), ("O'Neil-Smith & Co", "O'Neil-Smith & Co"),
        ("https://evil.example/login", "https evil. example login"), ("www.evil.example", "www. evil. example"),
        ("evil.example", "evil. example"), ("evil。example", "evil。 example"), ("a@evil.example", "a evil. example"),
        ("Jane\r\nBcc: x", "Jane Bcc x"), ("Jane\u{2028}Doe", "Jane Doe"), ("a\u{0}b\u{7}c", "a b c"),
        ("\u{202E}enaJ", "enaJ"), ("\u{2067}x\u{2069}", "x"), ("a\u{200B}b\u{FEFF}", "a b"),
        ("<a href=\"x\">", "a href=\"x\""), ("  ", ""), ("", ""),
    ])
    func `names have no control or direction characters and make no links`(text: String, expected: String) {
        #expect(MailText.name(text) == expected)
    }

    @Test func `names are bounded`() {
        #expect(MailText.name(String(repeating: "x", count: 10_000)).count <= 200)
    }

    @Test(arguments: [
        "https://acme.example.com", "http://acme.localhost:8080/welcome?x=1#top",
    ])
    func `a link stays as it is`(link: String) {
        #expect(MailText.link(link) == link)
    }

    @Test(arguments: [
        "", "acme.example.com", "javascript:alert(1)", "https://acme.example.com/ and http://evil.example",
        "https://acme.example.com\nhttp://evil.example", "https://acme.example.com/\u{202E}",
        "https://" + String(repeating: "x", count: 2000),
    ])
    func `what is not one link is left out`(link: String) {
        #expect(MailText.link(link) == nil)
        let mail = MailTemplates.mail(
            for: .tenantWelcome(to: "a@example.com", tenant: "Acme", user: "Jane", link: link), id: .v4())
        #expect(!mail.text.contains("://"))
    }

    @Test func `a mail contains our link and no other`() {
        let hostile = "Click https://evil.example/x or evil.example \u{202E}now\u{0}"
        let link = "https://arc.example.com/verify?key=k"
        for notification: TenantManagement.Notification in [
            .leadVerification(to: "a@example.com", name: hostile, link: link),
            .tenantWelcome(to: "a@example.com", tenant: hostile, user: hostile, link: link),
        ] {
            let mail = MailTemplates.mail(for: notification, id: .v4())
            for text in [mail.subject, mail.text.replacing(link, with: "")] {
                #expect(!text.contains("://") && !text.contains("evil.example"))
                #expect(!text.unicodeScalars.contains { $0 != "\n" && ($0.value < 0x20 || $0 == "\u{202E}") })
            }
            #expect(mail.text.contains(link))
        }
    }
}
