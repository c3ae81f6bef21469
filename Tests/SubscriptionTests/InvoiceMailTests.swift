import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import Subscription

extension ServiceTests {
    /// Which announcements ask for a mail, and what they say for it.
    @Suite struct InvoiceMails {
        private struct Drafts {
            let service: TestService

            /// A draft with one line.
            func make(_ amount: Int, _ tenant: Identifier = TestService.tenantA) async throws -> String {
                let id = Identifier.v4().description
                try await service.database.query(
                    """
                    INSERT INTO main.invoice (id, invoice_status, tenant_id, currency_code, subtotal, discount, tax, credit, total)
                    VALUES ('\(id)', 'draft', '\(tenant)', 'USD', \(amount), 0, 0, 0, \(amount))
                    """)
                try await service.database.query(
                    """
                    INSERT INTO main.invoice_lines (id, invoice_id, position, description, quantity, unit_amount, amount, kind)
                    VALUES (gen_random_uuid(), '\(id)', 1, 'x', 1, \(amount), \(amount), 'recurring')
                    """)
                return id
            }

            func issued(_ amount: Int) async throws -> String {
                let id = try await make(amount)
                let response = try await service.send("POST", "/billing-invoices/\(id)/issue")
                try #require(response.status == 200, "\(response.text)")
                return id
            }

            func set(_ invoice: String, _ status: String) async throws {
                try await service.database.query(
                    "UPDATE main.invoice SET invoice_status = '\(status)' WHERE id = '\(invoice)'")
            }

            func credit(_ invoice: String, _ amount: Int?) async throws {
                var body: JSONObject = [:]
                if let amount { body["lines"] = [["position": 1, "amount": .integer(amount)]] }
                let response = try await service.send(
                    "POST", "/billing-invoices/\(invoice)/credit-notes", .object(body))
                try #require(response.status == 201, "\(response.text)")
            }

            /// What was announced of an invoice: the type, and what it says for a mail.
            func announced(_ invoice: String) async throws -> [String] {
                try await service.database.texts(
                    """
                    SELECT concat_ws(' ', type, data ->> 'mail') FROM main.outbox
                    WHERE data ->> 'invoiceId' = $1 ORDER BY position
                    """, [.text(invoice)])
            }
        }

        @Test func `each step of an invoice asks for one mail to its customer`() async throws {
            try await TestService.run(at: SystemClock().now().description) { service in
                let drafts = Drafts(service: service)
                try await service.know(TestService.tenantA)
                _ = try await service.customer(
                    TestService.tenantA,
                    ["firstName": "Ann", "email": "ann@acme.example.com", "options": ["locale": "de-DE"]])
                let to = #""to": "ann@acme.example.com""#

                let paid = try await drafts.issued(1000)
                try await drafts.credit(paid, 400)
                try await drafts.set(paid, "paid")
                // A step that changes nothing asks for nothing.
                try await drafts.set(paid, "paid")
                #expect(
                    try await drafts.announced(paid) == [
                        #"INVOICE_ISSUED {\#(to), "amount": 1000, "locale": "de-DE", "isCollected": false}"#,
                        #"CREDIT_NOTE_ISSUED {\#(to), "locale": "de-DE", "invoiceNumber": "INV-000001"}"#,
                        #"INVOICE_PAID {\#(to), "amount": 600, "locale": "de-DE"}"#,
                    ])

                // Of what is credited completely, the credit note is the mail.
                let credited = try await drafts.issued(1000)
                try await drafts.credit(credited, nil)
                let types = try await drafts.announced(credited).map { $0.hasSuffix("}") ? "\($0.prefix(7))+" : $0 }
                #expect(types.sorted() == ["CREDIT_+", "INVOICE+", "INVOICE_PAID"])

                // One that prepaid credits pay says that nothing is due, and that is all.
                let granted = try await service.send(
                    "POST", "/credit-grants",
                    ["tenantId": .identifier(TestService.tenantA), "currencyCode": "USD", "amount": 5000])
                try #require(granted.status == 201, "\(granted.text)")
                let prepaid = try await drafts.issued(1000)
                #expect(
                    try await drafts.announced(prepaid) == [
                        #"INVOICE_ISSUED {\#(to), "amount": 0, "locale": "de-DE", "isCollected": false}"#,
                        "INVOICE_PAID",
                    ])
                let free = try await drafts.issued(0)
                #expect(
                    try await drafts.announced(free) == [
                        #"INVOICE_ISSUED {\#(to), "amount": 0, "locale": "de-DE", "isCollected": false}"#,
                        "INVOICE_PAID",
                    ])

                // Without a customer, tenant management knows whom to mail; on a test clock, nobody gets one.
                let unknown = try await drafts.make(1000, TestService.tenantB)
                try await drafts.set(unknown, "open")
                #expect(
                    try await drafts.announced(unknown) == [#"INVOICE_ISSUED {"amount": 1000, "isCollected": false}"#])
                try await service.database.query(
                    """
                    INSERT INTO main.test_clocks (id, tenant_id, instant)
                    VALUES (gen_random_uuid(), '\(TestService.tenantB)', now())
                    """)
                let tested = try await drafts.make(1000, TestService.tenantB)
                try await drafts.set(tested, "open")
                try await drafts.set(tested, "paid")
                #expect(try await drafts.announced(tested) == ["INVOICE_ISSUED", "INVOICE_PAID"])
            }
        }
    }
}
