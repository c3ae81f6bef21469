import Billing
import Foundation
import JSONCoding
import PostgresTestSupport
import Primitives
import StackTestSupport
import TestSupport
import Testing

@testable import Subscription

/// How amounts and dates are written, and who bills.
@Suite struct InvoiceDocumentPartTests {
    @Test(
        arguments: [
            (nil, "-1234567.50 USD", "2026-01-05"), ("en-US", "-1,234,567.50 USD", "Jan 5, 2026"),
            ("en-GB", "-1,234,567.50 USD", "5 Jan 2026"), ("de-DE", "-1.234.567,50 USD", "05.01.2026"),
            ("de_CH", "-1’234’567.50 USD", "05.01.2026"), ("fr", "-1 234 567,50 USD", "05/01/2026"),
            ("sv-SE", "-1 234 567,50 USD", "2026-01-05"), ("nl", "-1.234.567,50 USD", "05-01-2026"),
            ("ja-JP", "-1,234,567.50 USD", "2026年1月5日"), ("tlh", "-1234567.50 USD", "2026-01-05"),
        ] as [(String?, String, String)])
    func `amounts and dates are written as the readers of a language do`(
        _ tag: String?, _ amount: String, _ date: String
    )
        throws
    {
        let format = LocaleFormat(tag: tag)
        let money = Money(minorUnits: -123_456_750, currency: try Currency("USD"))
        #expect(format.text(money).replacing("\u{A0}", with: " ") == amount)
        #expect(format.text(try CalendarDate("2026-01-05")) == date)
        #expect(format.text(Money(minorUnits: 12, currency: try Currency("JPY"))) == "12\u{A0}JPY")
    }

    static let seller: JSONValue = [
        "name": "Muster GmbH", "vatId": "DE123456789", "registration": "HRB 12345",
        "email": "billing@muster.example.com",
        "address": ["street": "Hauptstraße 1", "city": "Berlin", "zip": "10115", "country": "DE"],
        "bank": ["iban": "DE89370400440532013000", "bic": "COBADEFFXXX", "name": "Commerzbank"],
        "electronicAddress": ["scheme": "9930", "id": "DE123456789"],
    ]

    @Test func `a seller is described completely, or the file is refused with the member`() throws {
        #expect(try InvoiceSeller(Self.seller).json == Self.seller)
        let mistakes: [(String, JSONValue?, String)] = [
            ("name", nil, "/name"), ("name", "", "/name"), ("name", 7, "/name"), ("nmae", "x", "/nmae"),
            ("address", "Berlin", "/address"), ("address", ["city": "Berlin"], "/address/country"),
            ("address", ["city": "Berlin", "country": "Germany"], "/address/country"), ("vatId", "123", "/vatId"),
            ("bank", ["iban": "DE89370400440532013001"], "/bank/iban"), ("bank", ["bic": "X"], "/bank/iban"),
            ("electronicAddress", ["id": "1"], "/electronicAddress/scheme"),
            ("email", .string(String(repeating: "x", count: 321)), "/email"),
        ]
        for (member, value, pointer) in mistakes {
            var members = try #require(Self.seller.objectValue)
            members[member] = value
            let mistake = #expect(throws: InvoiceSeller.Mistake.self) { try InvoiceSeller(.object(members)) }
            #expect(mistake?.pointer == pointer, "\(member)")
        }
    }
}

extension ServiceTests {
    /// Documents that a customer gets.
    @Suite struct InvoiceDocuments {
        @Test func `invoices and credit notes are drawn with all that they say, always as the same bytes`() async throws
        {
            let folder = TestCommand.temporaryFile("seller")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            var seller = try #require(InvoiceDocumentPartTests.seller.objectValue)
            seller["logo"] = "logo.png"
            try Data(TestPNG.make()).write(to: folder.appendingPathComponent("logo.png"))
            let description = folder.appendingPathComponent("seller.json")
            try Data(JSONValue.object(seller).serialized()).write(to: description)
            let environment = [
                "PDF_RENDERER_PATH": try ArcCommand.pdfRenderer(), "INVOICE_SELLER_FILE": description.path,
            ]
            try await TestService.run(at: "2037-01-31T10:00:00.000Z", environment: environment) { service in
                let address: JSONValue = [
                    "email": "ann@acme.example.com", "city": "Łódź", "state": "LD", "zip": "90-001", "country": "PL",
                ]
                _ = try await service.customer(
                    TestService.tenantA,
                    [
                        "company": "Acme 株式会社", "firstName": "Ann", "billingAddress": address,
                        "options": ["locale": "de-DE", "vatId": "PL1234567890", "street": "Piotrkowska 1"],
                    ])
                let created = try await service.send(
                    "POST", "/subscriptions",
                    [
                        "subscriberId": .identifier(TestService.tenantA), "status": 1, "quantity": "2",
                        "planId": .string(try await service.plan(price: 3100)),
                        "taxes": [["name": "USt", "rate": "19"]], "coupon": ["type": "percent", "value": "10"],
                    ])
                let subscription = try #require(created.json["id"]?.stringValue, "\(created.text)")
                let invoice = try #require(
                    try await service.send("GET", "/subscriptions/\(subscription)/invoice").json["id"]?.stringValue)
                let path = "/billing-invoices/\(invoice)/pdf"
                let first = try await service.bytes(path)
                let text = try await PDFText.of(first).replacing("\u{A0}", with: " ")
                for part in [
                    "Muster GmbH", "Hauptstraße 1", "VAT ID DE123456789", "Acme 株式会社", "Piotrkowska 1", "90-001 Łódź",
                    "VAT ID PL1234567890", "INV-000001", "31.01.2037", "14.02.2037", "31.01.2037 – 27.02.2037",
                    "Premium",
                    "6.200,00 USD", "-620,00 USD", "USt 19%", "1.060,20 USD", "6.640,20 USD",
                    "IBAN DE89370400440532013000",
                    "Please pay 6.640,20 USD by 14.02.2037.",
                ] {
                    #expect(text.contains(part), "\(part) in \(text)")
                }
                #expect(!text.contains("DRAFT"))
                // Within it is the electronic invoice, which there is by itself, too.
                let files = TestCommand.temporaryFile("documents")
                try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
                defer { try? FileManager.default.removeItem(at: files) }
                try Data(first).write(to: files.appendingPathComponent("invoice.pdf"))
                for (name, ending) in [("ubl", "ubl.xml"), ("factur-x.xml", "cii.xml")] {
                    let bytes = try await service.bytes("/billing-invoices/\(invoice)/\(name)")
                    try Data(bytes).write(to: files.appendingPathComponent("invoice.\(ending)"))
                }
                #expect(try await PythonPeer.run("einvoice_check.py", [files.path]) == "3 2")
                _ = try await service.send("POST", "/billing-invoices/\(invoice)/write-off")
                #expect(try await service.bytes(path) == first)
                #expect(try await service.database.count("SELECT count(*) FROM main.document_hashes") == 1)
                // A plan that gets another name is what it was.
                try await service.database.query("UPDATE main.plans SET name = 'Renamed'")
                #expect(try await service.bytes(path) == first)
                // The invoice keeps the hash of the logo, by which the image is stored.
                try await eventually("the logo is stored") {
                    try await service.database.count(
                        """
                        SELECT count(*) FROM main.seller_logos AS logo
                        JOIN main.invoice AS invoice ON invoice.seller ->> 'logo' = logo.sha256
                        """) == 1
                }
                let shown = try await service.send("GET", path)
                let tag = try #require(shown.eTag, "\(shown.status)")
                #expect(
                    try await service.send("GET", path, headers: ["if-none-match": tag]).status == 304)

                let note = try await service.send(
                    "POST", "/billing-invoices/\(invoice)/credit-notes",
                    ["lines": [["position": 1, "amount": 100_000]], "reason": "An outage"])
                try #require(note.status == 201, "\(note.text)")
                let credited = try await PDFText.of(
                    try await service.bytes("\(try #require(note.location))/pdf")
                ).replacing("\u{A0}", with: " ")
                for part in [
                    "Credit note", "CN-000001", "INV-000001", "1.000,00 USD", "USt 19%", "1.190,00 USD",
                    "Reason: An outage",
                ] {
                    #expect(credited.contains(part), "\(part) in \(credited)")
                }

                let draft =
                    try await service.send(
                        "POST", "/subscriptions",
                        [
                            "subscriberId": .identifier(TestService.tenantA), "status": 0,
                            "planId": .string(try await service.plan(price: 10)),
                        ]
                    ).json["id"]?.stringValue ?? ""
                let drafted =
                    try await service.send("GET", "/subscriptions/\(draft)/invoice").json["id"]?.stringValue ?? ""
                #expect(
                    try await PDFText.of(try await service.bytes("/billing-invoices/\(drafted)/pdf")).contains("DRAFT"))
                let stranger = try await service.token(tenant: TestService.tenantB)
                #expect(try await service.send("GET", path, token: stranger).status == 404)
                let owner = try await service.token(tenant: TestService.tenantA)
                #expect(try await service.send("GET", path, token: owner).status == 200)
            }
        }
    }
}
