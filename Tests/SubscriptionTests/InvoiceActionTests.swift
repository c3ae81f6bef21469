import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import Subscription

extension ServiceTests {
    /// Invoices as rows: what operators do with them, and credit notes.
    @Suite struct InvoiceActions {
        private struct Invoices {
            let service: TestService

            /// Subscribes a tenant to a plan of 31.00, and returns the subscription and its first invoice.
            func subscribed(_ members: JSONObject) async throws -> (subscription: String, invoice: String) {
                var body: JSONObject = [
                    "subscriberId": .identifier(TestService.tenantA),
                    "planId": .string(try await service.plan(price: 31)), "status": 1,
                ]
                for (name, value) in members { body[name] = value }
                let created = try await service.send("POST", "/subscriptions", .object(body))
                try #require(created.status == 201, "\(created.text)")
                let id = try #require(created.json["id"]?.stringValue)
                let invoice = try await service.send("GET", "/subscriptions/\(id)/invoice")
                return (id, try #require(invoice.json["id"]?.stringValue, "\(invoice.text)"))
            }

            func act(_ invoice: String, _ action: String, status: Int = 200) async throws -> JSONValue {
                let response = try await service.send("POST", "/billing-invoices/\(invoice)/\(action)")
                #expect(response.status == status, "\(action): \(response.text)")
                return response.json
            }

            func credit(_ invoice: String, _ body: JSONValue, status: Int = 201) async throws -> TestResponse {
                let response = try await service.send("POST", "/billing-invoices/\(invoice)/credit-notes", body)
                #expect(response.status == status, "\(body): \(response.text)")
                return response
            }

            func legal(_ refusal: JSONValue) -> JSONValue? {
                #expect(refusal["error"]?["code"] == "INVOICE_STATE")
                return refusal["error"]?["details"]?[0]?["info"]?["legal"]
            }

            func events(_ invoice: String) async throws -> [String] {
                try await service.database.texts(
                    "SELECT type::text FROM main.outbox WHERE data ->> 'invoiceId' = $1 ORDER BY position",
                    [.text(invoice)])
            }
        }

        private func line(_ position: Int, _ amount: Int? = nil) -> JSONValue {
            var line: JSONObject = ["position": .integer(position)]
            if let amount { line["amount"] = .integer(amount) }
            return .object(line)
        }

        @Test func `an invoice of the engine is read, credited line by line, written off and paid`() async throws {
            try await TestService.run(at: "2026-01-31T10:00:00.000Z") { service in
                let invoices = Invoices(service: service)
                let (subscription, invoice) = try await invoices.subscribed([
                    "quantity": "2", "taxes": [["name": "VAT", "rate": "20"]],
                ])
                let shown = try await service.send("GET", "/billing-invoices/\(invoice)").json
                #expect(shown["number"] == "INV-000001" && shown["total"] == 7440 && shown["dueOn"] == "2026-02-14")
                #expect(shown["lines"]?[0]?["details"]?["explanation"]?["formula"] == "31.00 × 2", "\(shown)")
                #expect(shown["lines"]?[1]?["kind"] == "tax")
                #expect((shown["creditNotes"] ?? []) == [])
                #expect(
                    invoices.legal(try await invoices.act(invoice, "issue", status: 409)) == [
                        "void", "write-off", "credit-notes",
                    ])

                let tooMuch = try await invoices.credit(invoice, ["lines": [line(1, 6201)]], status: 422)
                #expect(tooMuch.violations == ["/lines/0/amount: left"])
                #expect(tooMuch.json["error"]?["details"]?[0]?["info"]?["left"] == 6200)
                for (body, violation) in [
                    (["lines": [line(2)]], "/lines/0/position: line"),
                    (["lines": [line(9)]], "/lines/0/position: line"),
                    (["lines": [line(1, 1), line(1, 1)]], "/lines/1/position: uniqueItems"),
                    (["lines": []], "/lines: minItems"), (["destination": "cash"], "/destination: enum"),
                ] as [(JSONValue, String)] {
                    #expect(try await invoices.credit(invoice, body, status: 422).violations == [violation], "\(body)")
                }
                _ = try await invoices.credit(invoice, ["destination": "refund"], status: 409)
                let first = try await invoices.credit(invoice, ["lines": [line(1, 1000)], "reason": "An outage"])
                let note = first.json
                #expect(note["number"] == "CN-000001" && note["total"] == 1200 && note["destination"] == "invoice")
                #expect(note["reason"] == "An outage" && note["lines"]?[0]?["tax"] == 200)
                #expect(first.location == "/credit-notes/\(note["id"]?.stringValue ?? "")")
                #expect(try await service.send("GET", first.location ?? "").json["total"] == 1200)
                #expect(
                    try await service.send("GET", "/billing-invoices/\(invoice)/credit-notes").json.arrayValue?.count
                        == 1)
                #expect(try await invoices.act(invoice, "void", status: 409)["error"]?["code"] == "INVOICE_STATE")

                // Account credit, which the next invoice uses up.
                let account = try await invoices.credit(
                    invoice, ["lines": [line(1, 500)], "destination": "account"]
                ).json
                #expect(account["total"] == 600 && account["destination"] == "account")
                #expect(try await invoices.act(invoice, "write-off")["invoiceStatus"] == "uncollectible")
                let paid = try await service.send(
                    "POST", "/billing-invoice/\(invoice)/payments", ["paymentMethod": "cash", "amount": 6240])
                #expect(paid.status == 204, "\(paid.text)")
                // All that is left of it.
                let rest = try await invoices.credit(invoice, [:]).json
                #expect(rest["total"] == 5640 && rest["destination"] == "refund")
                _ = try await invoices.credit(invoice, [:], status: 409)
                #expect(
                    try await invoices.events(invoice) == [
                        "INVOICE_ISSUED", "CREDIT_NOTE_ISSUED", "CREDIT_NOTE_ISSUED", "INVOICE_UNCOLLECTIBLE",
                        "INVOICE_PAID",
                        "CREDIT_NOTE_ISSUED",
                    ])

                service.clock.set(try #require(Timestamp(iso8601: "2026-03-01T10:00:00.000Z")))
                let changed = try await service.send(
                    "POST", "/subscriptions/\(subscription)/change", ["quantity": "3", "policy": "none"])
                #expect(changed.status == 200, "\(changed.text)")
                let next = try await service.send(
                    "GET", "/billing-invoices?filter={\"where\":{\"ordinal\":2}}".escaped
                ).json[0]
                #expect(next?["credit"] == 600 && next?["total"] == 6840, "\(next ?? .null)")
                // An invoice that account credit has paid a part of is not voided, and never credited above what is due.
                let second = try #require(next?["id"]?.stringValue)
                _ = try await invoices.act(second, "void", status: 409)
                #expect(try await invoices.credit(second, [:], status: 422).violations == ["/lines: left"])
                #expect(try await service.database.count("SELECT sum(amount)::integer FROM main.ledger_entries") == 0)
                #expect(
                    try await service.database.count(
                        "SELECT sum(amount)::integer FROM main.ledger_entries WHERE account = 'customer_credit'") == 0)
            }
        }

        @Test func `a draft is issued, and whatever is open is voided or credited`() async throws {
            try await TestService.run(at: "2026-01-31T10:00:00.000Z") { service in
                let invoices = Invoices(service: service)
                let (subscription, draft) = try await invoices.subscribed(["status": 0])
                #expect(invoices.legal(try await invoices.act(draft, "write-off", status: 409)) == ["issue", "void"])
                _ = try await invoices.credit(draft, [:], status: 409)
                service.clock.set(try #require(Timestamp(iso8601: "2026-02-02T10:00:00.000Z")))
                let issued = try await invoices.act(draft, "issue")
                #expect(issued["invoiceStatus"] == "open" && issued["number"] == "INV-000001")
                #expect(issued["issuedOn"] == "2026-02-02" && issued["dueOn"] == "2026-02-16")
                #expect(try await service.send("POST", "/subscriptions/\(subscription)/activate", [:]).status == 200)
                #expect(try await service.database.count("SELECT count(*) FROM main.invoice") == 1)
                #expect(try await invoices.act(draft, "void")["invoiceStatus"] == "void")
                #expect(invoices.legal(try await invoices.act(draft, "void", status: 409)) == [])
                #expect(try await invoices.events(draft) == ["INVOICE_ISSUED", "INVOICE_VOIDED"])

                // One that the engine has not made.
                let customer = try await service.customer()
                let other = try await service.invoice(customer, 5000)
                #expect(
                    try await invoices.credit(other, ["destination": "account"], status: 422).violations
                        == ["/destination: enum"])
                #expect(try await invoices.credit(other, ["lines": [line(1, 2000)]]).json["total"] == 2000)
                let exceeding = try await invoices.credit(other, ["lines": [line(1, 3001)]], status: 422)
                #expect(exceeding.json["error"]?["details"]?[0]?["info"]?["left"] == 3000)
                #expect(try await invoices.credit(other, [:]).json["total"] == 3000)
                #expect(try await service.status(ofInvoice: other) == "paid")
                _ = try await invoices.credit(other, [:], status: 409)

                let owner = try await service.token(tenant: TestService.tenantA)
                let stranger = try await service.token(tenant: TestService.tenantB)
                #expect(try await service.send("GET", "/billing-invoices", token: owner).json.arrayValue?.count == 2)
                #expect(try await service.send("GET", "/billing-invoices", token: stranger).json == [])
                for path in ["/billing-invoices/\(other)", "/billing-invoices/\(other)/credit-notes"] {
                    #expect(try await service.send("GET", path, token: owner).status == 200)
                    #expect(try await service.send("GET", path, token: stranger).status == 404)
                }
                for action in ["issue", "void", "write-off", "credit-notes"] {
                    let path = "/billing-invoices/\(other)/\(action)"
                    #expect(try await service.send("POST", path, [:], token: owner).status == 403)
                    let unknown = "/billing-invoices/\(Identifier.v4())/\(action)"
                    #expect(try await service.send("POST", unknown, [:]).status == 404)
                }
                #expect(try await service.database.count("SELECT sum(amount)::integer FROM main.ledger_entries") == 0)
            }
        }
    }
}
