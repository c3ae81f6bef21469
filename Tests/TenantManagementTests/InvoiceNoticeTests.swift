import JSONCoding
import Primitives
import Testing

@testable import TenantManagement

/// What mails about invoices say.
@Suite struct InvoiceNoticeTests {
    private static let invoice = "0192f0c1-2c00-7000-8000-000000000001"
    private static let note = "0192f0c1-2c00-7000-8000-000000000002"

    private static func data(_ members: JSONObject = [:], mail: JSONObject = [:]) -> JSONValue {
        var data: JSONObject = [
            "invoiceId": .string(invoice), "creditNoteId": .string(note), "number": "INV-000042", "currencyCode": "USD",
            "total": 123_456, "dueOn": "2026-02-14", "issuedOn": "2026-01-31",
        ]
        var asked: JSONObject = ["to": "ann@example.com", "locale": "de-DE", "amount": 100_000]
        for (name, value) in mail { asked[name] = value }
        for (name, value) in members { data[name] = value }
        data["mail"] = .object(asked)
        return .object(data)
    }

    private static func mail(_ kind: InvoiceNotice.Kind, _ data: JSONValue, link: String? = nil) throws -> Mail {
        let notice = try #require(InvoiceNotice(kind, data, link: link))
        let notification = TenantManagement.Notification.invoice(to: "ann@example.com", notice)
        // As it is stored and read again.
        #expect(TenantManagement.Notification(content: notification.content) == notification)
        #expect(notification.isBulk && notification.recipient == "ann@example.com")
        return MailTemplates.mail(for: notification, id: .v4())
    }

    @Test func `a mail says number, amounts, day and where the document is, as the customer writes them`() throws {
        let issued = try Self.mail(.issued, Self.data(), link: "https://app.example.com/billing/{id}")
        #expect(issued.subject == "Invoice INV-000042")
        #expect(
            issued.text.contains(
                "Here is invoice INV-000042 of 1.234,56 USD. Please pay 1.000,00 USD by 14.02.2026."), "\(issued.text)")
        #expect(issued.text.contains("https://app.example.com/billing/\(Self.invoice)"))
        let paid = try Self.mail(.paid, Self.data())
        #expect(paid.subject == "Invoice INV-000042 is paid")
        #expect(paid.text.contains("We have received 1.000,00 USD for invoice INV-000042."), "\(paid.text)")
        #expect(paid.text.contains("billing-invoices \(Self.invoice) pdf") == false && paid.text.contains("/pdf)"))
        let credited = try Self.mail(
            .credited,
            Self.data(["number": "CN-000001", "destination": "refund"], mail: ["invoiceNumber": "INV-000042"]))
        #expect(credited.subject == "Credit note CN-000001")
        #expect(
            credited.text.contains(
                "Credit note CN-000001 of 1.234,56 USD corrects invoice INV-000042. The amount is paid back."),
            "\(credited.text)")
        #expect(credited.text.contains("/credit-notes/\(Self.note)/pdf"))
    }

    @Test(
        arguments: [
            ("JPY", "ja-JP", 0, false, "123,456 JPY. There is nothing to pay."),
            ("KWD", "en-GB", 1500, true, "123.456 KWD. We collect 1.500 KWD from your payment source"),
            ("USD", "tlh", 50, false, "1234.56 USD. Please pay 0.50 USD by 2026-02-14."),
        ] as [(String, String, Int, Bool, String)])
    func `amounts have the decimals of their currency`(
        _ currency: String, _ locale: String, _ due: Int, _ isCollected: Bool, _ expected: String
    ) throws {
        let data = Self.data(
            ["currencyCode": .string(currency)],
            mail: ["locale": .string(locale), "amount": .integer(due), "isCollected": .bool(isCollected)])
        let mail = try Self.mail(.issued, data)
        #expect(mail.text.contains(expected), "\(mail.text)")
    }

    @Test func `nothing that others have written makes links or lines`() throws {
        let hostile = "x\r\nBcc: a@evil.example https://evil.example/"
        for kind in InvoiceNotice.Kind.allCases {
            let mail = try Self.mail(
                kind,
                Self.data(
                    ["number": .string(hostile), "destination": .string(hostile), "dueOn": .string(hostile)],
                    mail: ["locale": .string(hostile), "invoiceNumber": .string(hostile)]))
            for text in [mail.subject, mail.text] {
                #expect(!text.contains("evil.example") && !text.contains("://") && !text.contains("\r"), "\(text)")
            }
            #expect(!mail.subject.contains("\n"))
        }
        for missing in ["number", "currencyCode", "total"] {
            #expect(InvoiceNotice(.issued, Self.data([missing: .null]), link: nil) == nil, "\(missing)")
        }
    }

    @Test(arguments: [
        ("1.234,56 USD", "1.234,56 USD"), ("1’234.50\u{A0}CHF", "1’234.50 CHF"), ("05.01.2026", "05.01.2026"),
        ("5 Jan 2026", "5 Jan 2026"), ("50.00 USD", "50.00 USD"), ("evil.example", "evil. example"),
        ("1.evil", "1. evil"), ("1.00 evil.example", "1. 00 evil. example"), ("", ""),
    ])
    func `points within amounts and dates stay`(_ text: String, _ expected: String) {
        #expect(MailText.figures(text) == expected)
        let notice = BillingNotice(kind: .dunningEnded, invoice: "INV-1", amount: text, next: nil, isSuspended: false)
        #expect(notice.text.contains("(\(expected))"))
    }
}
