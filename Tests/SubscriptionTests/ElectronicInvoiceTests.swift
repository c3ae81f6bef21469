import Billing
import BillingPreview
import EInvoicing
import Foundation
import JSONCoding
import PDFDocuments
import Primitives
import TestSupport
import Testing

@testable import Subscription

/// Invoices of the engine in the terms of EN 16931.
@Suite(.timeLimit(.minutes(20))) struct ElectronicInvoiceTests {
    private static let buyer: JSONValue = [
        "company": "Acme & Söhne <GmbH>", "firstName": "Ann",
        "billingAddress": ["city": "Wien", "zip": "1010", "state": "Wien", "country": "Austria"],
        "options": [
            "vatId": "ATU12345678", "street": "Ring 1", "buyerReference": "PO 7",
            "electronicAddress": ["scheme": "9914", "id": "ATU12345678"],
        ],
    ]

    /// A subscription of two months with the given members.
    private static func request(_ members: JSONObject, currency: String = "EUR") -> JSONValue {
        var request: JSONObject = [
            "currency": .string(currency), "start": "2026-01-31", "until": "2026-03-15", "interval": ["unit": "month"],
            "price": ["model": "per_unit", "unitAmount": "8.33"], "quantity": "3",
        ]
        for (name, value) in members { request[name] = value }
        return .object(request)
    }

    /// The invoices of a request of `POST /billing-preview`, as the database has them.
    private static func documents(
        _ request: JSONValue, seller: JSONValue = InvoiceDocumentPartTests.seller, buyer: JSONValue = buyer
    ) throws -> [BillingDocument] {
        let zones = InstalledZones()
        let statement = try ScenarioReader(zones: { zones.zone($0) }).scenario(request).statement()
        return try statement.invoices.enumerated().map { index, invoice in
            let lines = (invoice.lines + invoice.adjustments).enumerated().map { position, line in
                var json: JSONObject = [
                    "position": .integer(position + 1), "description": .string(line.description), "plan": "Premium",
                    "amount": .integer(line.amount.minorUnits), "kind": .string(line.details?.kind.rawValue ?? ""),
                ]
                json["details"] = try? JSONValue.parse(InvoiceLineJSON(line, hasTaxes: true).jsonBytes())
                json["periodStart"] = line.period.map { .string($0.start.description) }
                json["periodEnd"] = line.period.map { .string($0.end.description) }
                return JSONValue.object(json)
            }
            let json: JSONValue = [
                "id": .identifier(.v4()), "number": .string("INV-00000\(index + 1)"), "status": "open",
                "issuedOn": .string(invoice.issuedOn?.description ?? ""), "dueOn": "2026-04-01",
                "currency": .string(invoice.currency.code), "subtotal": .integer(invoice.subtotal.minorUnits),
                "discount": .integer(invoice.discount.minorUnits), "tax": .integer(invoice.tax.minorUnits),
                "credit": .integer(invoice.credit.minorUnits), "total": .integer(invoice.total.minorUnits),
                "seller": seller, "buyer": buyer, "createdOn": "2026-01-31", "lines": .array(lines),
            ]
            return try BillingDocument(json, .invoice)
        }
    }

    /// A credit note on a line with a tax.
    private static func creditNote() throws -> BillingDocument {
        try BillingDocument(
            [
                "id": .identifier(.v4()), "number": "CN-000001", "status": "issued", "issuedOn": "2026-02-01",
                "currency": "EUR", "subtotal": 1000, "tax": 190, "total": 1190, "reason": "An outage",
                "seller": InvoiceDocumentPartTests.seller, "buyer": buyer, "createdOn": "2026-02-01",
                "invoiceNumber": "INV-000001", "invoiceIssuedOn": "2026-01-31",
                "lines": [
                    [
                        "position": 1, "description": "Subscription", "amount": 1000, "tax": 190, "kind": "recurring",
                        "details": ["discountShare": "3.00", "taxes": [["name": "VAT", "percent": "19"]]],
                    ]
                ],
            ], .creditNote)
    }

    private static func tax(_ rate: String, _ more: JSONObject = [:]) -> JSONValue {
        var tax: JSONObject = ["name": "VAT", "rate": .string(rate)]
        for (name, value) in more { tax[name] = value }
        return .object(tax)
    }

    private static let cases: [(String, JSONValue)] = [
        ("standard", request(["taxes": [tax("19")]])),
        (
            "discount",
            request([
                "taxes": [tax("19")], "discounts": [["type": "percent", "value": "7"]],
                "credits": [["amount": "5.00"]],
            ])
        ),
        (
            "inclusive",
            request(["taxes": [tax("19", ["inclusive": true])], "discounts": [["type": "amount", "value": "1.99"]]])
        ),
        ("two", request(["taxes": [tax("5"), tax("9.975")]])), ("zero", request(["taxes": [tax("0")]])),
        ("exempt", request([:])), ("reverse", request(["taxes": [tax("19", ["reverseCharge": true])]])),
        (
            "proration",
            request([
                "taxes": [tax("19")],
                "changes": [["at": "2026-02-10", "type": "quantity", "quantity": "7"]],
            ])
        ),
        ("yen", request(["price": ["model": "flat", "amount": "1000"], "taxes": [tax("10")]], currency: "JPY")),
        (
            "items",
            .object([
                "currency": "EUR", "start": "2026-01-31", "until": "2026-02-15", "interval": ["unit": "month"],
                "items": [
                    ["id": "books", "price": ["model": "flat", "amount": "33.33"], "taxes": [tax("7")]],
                    ["id": "seats", "price": ["model": "flat", "amount": "66.67"], "taxes": [tax("19")]],
                    ["id": "export", "price": ["model": "flat", "amount": "10.01"], "taxes": [tax("0")]],
                ], "discounts": [["type": "percent", "value": "12.5"]],
            ])
        ),
    ]

    @Test func `other programs find nothing wrong with invoices and credit notes of every kind of tax`() async throws {
        let folder = TestCommand.temporaryFile("einvoices")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var all: [(String, BillingDocument)] = [("credit", try Self.creditNote())]
        for (name, request) in Self.cases {
            for (index, document) in try Self.documents(request).enumerated() {
                all.append(("\(name)-\(index)", document))
            }
        }
        // Who is not registered for taxes names no numbers, and has no address in a network.
        let small: JSONValue = [
            "name": "Small", "registration": "HRA 1", "address": ["city": "Berlin", "country": "DE"],
        ]
        let core: JSONValue = ["company": "Acme", "billingAddress": ["city": "Wien", "country": "AT"]]
        for document in try Self.documents(Self.request([:]), seller: small, buyer: core) {
            all.append(("small", document))
        }
        for (name, document) in all {
            let invoice = try document.electronic()
            try Data(UBLDocument(invoice).xml().utf8).write(to: folder.appendingPathComponent("\(name).ubl.xml"))
            try Data(CrossIndustryDocument(invoice).xml().utf8).write(
                to: folder.appendingPathComponent("\(name).cii.xml"))
        }
        let count = 2 * Set(all.map(\.0)).count
        #expect(try await PythonPeer.run("einvoice_check.py", [folder.path]) == "\(count) \(count)")
    }

    @Test func `amounts add up to what was billed, whatever the taxes and discounts are`() async throws {
        var generator = SystemRandomNumberGenerator()
        func random(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
        for round in 0..<400 {
            // Others wait for this thread.
            await Task.yield()
            let rates = ["0", "5", "7", "9.975", "19", "21"]
            let items = (0..<random(1...4)).map { index -> JSONValue in
                var taxes: [JSONValue] = []
                for _ in 0..<random(0...2) {
                    taxes.append(
                        Self.tax(
                            rates[random(0...5)],
                            ["inclusive": .bool(random(0...1) == 0), "reverseCharge": .bool(random(0...9) == 0)]))
                }
                return [
                    "id": .string("i\(index)"), "taxes": .array(taxes),
                    "price": ["model": "flat", "amount": .string("\(random(0...999)).\(random(10...99))")],
                ]
            }
            var request: JSONObject = [
                "currency": "EUR", "start": "2026-01-31", "until": "2026-03-15", "interval": ["unit": "month"],
                "items": .array(items),
            ]
            if random(0...1) == 0 {
                request["discounts"] = [["type": "percent", "value": .string("\(random(1...99))")]]
            }
            if random(0...3) == 0 { request["credits"] = [["amount": .string("\(random(1...500)).00")]] }
            for document in try Self.documents(.object(request)) {
                let amounts = try ElectronicAmounts(document, isTaxable: true)
                func sum(_ amounts: [Money]) throws -> Int64 {
                    try Money.sum(amounts, in: document.currency).minorUnits
                }
                let charged = try sum(amounts.subtotals.map(\.amount))
                let net = try sum(amounts.lines.map(\.net)) - sum(amounts.allowances.map(\.amount))
                #expect(net + charged == document.total.minorUnits + document.credit.minorUnits, "\(round): \(request)")
                if amounts.subtotals.contains(where: { $0.tax.category == .standard }) {
                    #expect(charged == document.tax.minorUnits, "\(round): \(request)")
                }
                for subtotal in amounts.subtotals {
                    let lines = try sum(amounts.lines.filter { $0.tax == subtotal.tax }.map(\.net))
                    let allowances = try sum(amounts.allowances.filter { $0.tax == subtotal.tax }.map(\.amount))
                    #expect(lines - allowances == subtotal.taxable.minorUnits, "\(round): \(request)")
                    let exact = try subtotal.taxable.exact.multiplied(by: subtotal.tax.percent).divided(
                        by: Rational(100))
                    #expect(
                        abs(Int64(clamping: exact.rounded()) - subtotal.amount.minorUnits) < 100, "\(round): \(request)"
                    )
                }
            }
        }
    }

    /// A document of two lines with taxes of their own.
    private static func document(_ kind: BillingDocument.Kind, _ members: JSONObject) throws -> BillingDocument {
        func line(_ position: Int, _ amount: Int, _ tax: Int, _ rates: JSONValue) -> JSONValue {
            [
                "position": .integer(position), "description": "Item", "amount": .integer(amount), "tax": .integer(tax),
                "kind": "recurring", "details": ["taxes": rates],
            ]
        }
        var json: JSONObject = [
            "id": .identifier(.v4()), "number": "X-000001", "status": "open", "issuedOn": "2026-02-01",
            "dueOn": "2026-02-15", "currency": "EUR", "subtotal": 3000, "tax": 330, "total": 3330,
            "seller": InvoiceDocumentPartTests.seller, "buyer": buyer, "createdOn": "2026-02-01",
            "lines": [
                line(1, 1000, 190, [["name": "USt", "percent": "19"]]),
                line(2, 2000, 140, [["name": "USt", "percent": "7"]]),
            ],
        ]
        for (name, value) in members { json[name] = value }
        return try BillingDocument(.object(json), kind)
    }

    @Test func `credit notes have their taxes by rate, and prepaid credits are no more to be paid`() throws {
        let note = try Self.document(.creditNote, ["destination": "refund", "invoiceNumber": "INV-000001"])
        let printed = try note.pdf(fontFamily: "").table.totals.map { "\($0.label): \($0.value)" }
        #expect(
            printed.map { $0.replacing("\u{A0}", with: " ") } == [
                "Subtotal: 30.00 EUR", "USt 19%: 1.90 EUR", "USt 7%: 1.40 EUR", "Refunded: 33.30 EUR",
            ])
        let credited = try note.electronic()
        #expect(credited.subtotals.map(\.amount.minorUnits) == [190, 140])
        #expect(credited.paymentTerms == "The amount is paid back.")

        let prepaid = try Self.document(.invoice, ["prepaid": 3000])
        let drawing = try prepaid.pdf(fontFamily: "")
        #expect(
            drawing.table.totals.suffix(2).map { "\($0.label): \($0.value)".replacing("\u{A0}", with: " ") } == [
                "Prepaid credits used: -30.00 EUR", "Total due: 3.30 EUR",
            ])
        #expect(drawing.notes.first?.replacing("\u{A0}", with: " ") == "Please pay 3.30 EUR by 2026-02-15.")
        let invoice = try prepaid.electronic()
        #expect(try invoice.withTax.minorUnits == 3330 && invoice.payable.minorUnits == 330)
        // Nothing is left to pay.
        #expect(
            try !Self.document(.invoice, ["prepaid": 3330]).pdf(fontFamily: "").notes.contains { $0.contains("Please") }
        )
        // A tax whose rate nobody knows cannot be said.
        let unknown = try Self.document(
            .invoice, ["lines": [["position": 1, "description": "x", "amount": 3000, "kind": "recurring"]]])
        #expect(throws: InvoiceError.incomplete(["the rates of its taxes (BR-CO-18)"])) { try unknown.electronic() }
        // A number of another installation becomes a name of a file, whatever it is.
        let named = try Self.document(.invoice, ["number": "A/1\"\r\n é"])
        #expect(InvoiceDocumentService.name(of: named, "pdf") == "invoice-A-1----.pdf")
    }

    @Test func `what the standard requires and a document lacks is said as a whole`() throws {
        let document = try #require(
            try Self.documents(
                Self.request(["taxes": [Self.tax("19", ["reverseCharge": true])]]),
                seller: ["name": "Small", "address": ["city": "Berlin", "country": "DE"]],
                buyer: ["company": "Acme", "billingAddress": ["country": "at"]]
            ).first)
        let error = #expect(throws: InvoiceError.self) { _ = try document.electronic() }
        guard case .incomplete(let missing) = error else { throw TestFailure("\(String(describing: error))") }
        #expect(missing.count == 4)
        for (text, rule) in zip(missing, ["BR-CO-26", "BR-S-02", "BR-AE-02", "BR-AE-02"]) {
            #expect(text.hasSuffix("(\(rule))"), "\(text)")
        }
        #expect(CountryCode.code(of: "Österreich") == "AT" && CountryCode.code(of: "uk") == "GB")
        #expect(CountryCode.code(of: "Atlantis") == nil)
    }
}
