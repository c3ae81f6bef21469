import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import Testing

@testable import Subscription

extension ServiceTests {
    @Suite struct PaymentSources {
        @Test func `a payment source is stored masked and can be deleted`() async throws {
            try await TestService.run { service in
                let customer = try await service.customer()
                func defaultSource() async throws -> JSONValue? {
                    try await service.send("GET", "/billing-customer").json["info"]?["paymentSourceId"]
                }
                let created = try await service.send(
                    "POST", "/billing-payment-source",
                    [
                        "customerId": .string(customer), "card": TestService.cardBody(),
                        "options": ["token": "tok_secret_4711"],
                    ])
                #expect(created.status == 201, "\(created.text)")
                let id = try #require(created.json["id"]?.stringValue)
                #expect(id.hasPrefix("src_") && created.location == "/billing-payment-source/\(id)")
                #expect(
                    created.json == [
                        "id": .string(id), "customerId": .string(customer),
                        "card": [
                            "gatewayAccountId": "gw_1", "number": "**** **** **** 4242", "expiryMonth": 12,
                            "expiryYear": 2030, "cvv": "***",
                        ],
                    ])
                #expect(try await defaultSource()?.stringValue == id)
                let row = try await service.database.query("SELECT id::text FROM main.ledger_payment_sources")
                for name in [id, try #require(row.first).text(0)] {
                    #expect(try await service.send("GET", "/billing-payment-source/\(name)").json == created.json)
                }
                let second = try await service.card(customer)
                #expect(try await defaultSource()?.stringValue == second)
                // Forgetting one that is not the default leaves the default alone.
                #expect(try await service.send("DELETE", "/billing-payment-source/\(id)").status == 204)
                #expect(try await defaultSource()?.stringValue == second)
                #expect(try await service.send("DELETE", "/billing-payment-source/\(second)").status == 204)
                #expect(try await defaultSource() == .null)
                for method in ["GET", "DELETE"] {
                    #expect(try await service.send(method, "/billing-payment-source/\(id)").status == 404)
                }
            }
        }

        @Test func `nothing secret is stored`() async throws {
            try await TestService.run { service in
                let customer = try await service.customer()
                let body: JSONValue = [
                    "customerId": .string(customer),
                    "card": [
                        "gatewayAccountId": "gw_1", "number": "5555-5555-5555-4444", "expiryMonth": 1,
                        "expiryYear": 2031, "cvv": "9731",
                    ], "options": ["token": "tok_secret_4711"],
                ]
                #expect(try await service.send("POST", "/billing-payment-source", body).status == 201)
                let tables = try await service.database.query(
                    "SELECT tablename::text FROM pg_tables WHERE schemaname = 'main'")
                for table in try tables.rows.map({ try $0.text(0) }) {
                    let found = try await service.database.count(
                        """
                        SELECT count(*) FROM main.\(table) AS row
                        WHERE row::text ~ '5555.?5555|9731[^0-9a-f-]|tok_secret'
                        """)
                    #expect(found == 0, "\(table)")
                }
                #expect(
                    try await service.database.count(
                        "SELECT count(*) FROM main.ledger_payment_sources AS row WHERE row::text LIKE '%4444%'") == 1)
            }
        }

        @Test(
            arguments: [
                (["number": "4242 4242 4242 4243"], "/card/number: luhn"), (["number": "0"], "/card/number: pattern"),
                (["number": "------------"], "/card/number: luhn"), (["number": 4_242_424_242], "/card/number: type"),
                (["number": nil], "/card: required"), (["expiryYear": 2025], "/card/expiryYear: expired"),
                (["expiryYear": 30], "/card/expiryYear: expired"), (["expiryYear": "2030"], "/card/expiryYear: type"),
                (["expiryMonth": 13], "/card/expiryMonth: maximum"), (["cvv": "12"], "/card/cvv: pattern"),
                (["gatewayAccountId": nil], "/card: required"),
            ] as [([String: JSONValue?], String)])
        func `an invalid card names the member`(change: [String: JSONValue?], violation: String) async throws {
            try await TestService.run { service in
                var card = try #require(TestService.cardBody().objectValue)
                for (name, value) in change { card[name] = value }
                let response = try await service.send(
                    "POST", "/billing-payment-source",
                    ["customerId": .string(try await service.customer()), "card": .object(card)])
                #expect(response.status == 422 && response.violations == [violation], "\(response.text)")
                #expect(!response.text.contains("4242"), "the number is not repeated")
            }
        }

        @Test func `missing and unknown members are named`() async throws {
            try await TestService.run { service in
                let customer = try await service.customer()
                let without = try await service.send(
                    "POST", "/billing-payment-source", ["customerId": .string(customer)])
                #expect(without.status == 422 && without.message.contains("invalid"), "\(without.text)")
                #expect(without.violations == [": required"])
                let unknown = try await service.send(
                    "POST", "/billing-payment-source", ["customerId": "cus_x", "card": TestService.cardBody()])
                #expect(unknown.status == 404)
                // Unknown members are the client's business, as in the original.
                var card = try #require(TestService.cardBody().objectValue)
                card["expiryear"] = 2030
                let open = try await service.send(
                    "POST", "/billing-payment-source", ["customerId": .string(customer), "card": .object(card)])
                #expect(open.status == 201)
                let old = try await service.send("GET", "/billing-payment-source")
                #expect(old.status == 400 && old.message.contains("/billing-payment-source/{paymentSourceId}"))
            }
        }
    }

    @Suite struct BillingIsolation {
        @Test func `a tenant reads nothing of another tenant's billing`() async throws {
            try await TestService.run { service in
                let (own, foreign) = (try await service.customer(), try await service.customer(TestService.tenantB))
                let (invoice, hidden) = (try await service.invoice(own), try await service.invoice(foreign))
                let source = try await service.card(foreign)
                let rows = try await service.database.query(
                    "SELECT id::text, (SELECT invoice_id FROM main.invoice WHERE id = $1::uuid) FROM main.billing_customer WHERE customer_id = $2",
                    [.text(hidden), .text(foreign)])
                let row = try #require(rows.first)
                let (foreignRow, hiddenProviderID) = (try row.text(0), try row.text(1))
                let before = try await service.send("GET", "/billing-invoice/\(hidden)").json
                let token = try await service.token(tenant: TestService.tenantA)

                var calls: [(String, String, JSONValue?)] = [
                    ("GET", "/billing-payment-source/\(source)", nil),
                    ("DELETE", "/billing-payment-source/\(source)", nil),
                    (
                        "POST", "/billing-invoice/\(invoice)/payments",
                        ["paymentMethod": "payment_source", "paymentSourceId": .string(source)]
                    ), ("GET", "/billing-customer?filter[where][customerId]=\(foreign)", nil),
                    ("GET", "/billing-customer?filter[where][tenantId]=\(TestService.tenantB)", nil),
                ]
                for customer in [foreign, foreignRow, TestService.tenantB.description] {
                    calls.append(("PATCH", "/billing-customer/\(customer)", ["phone": "1"]))
                    calls.append(("DELETE", "/billing-customer/\(customer)", nil))
                    calls.append(
                        ("POST", "/billing-invoice", ["customerId": .string(customer), "currencyCode": "USD"]))
                    calls.append(
                        (
                            "POST", "/billing-payment-source",
                            ["customerId": .string(customer), "card": TestService.cardBody()]
                        ))
                }
                for id in [hidden, hiddenProviderID] {
                    calls.append(("GET", "/billing-invoice/\(id)", nil))
                    calls.append(("PATCH", "/billing-invoice/\(id)", ["options": [:]]))
                    calls.append(("DELETE", "/billing-invoice/\(id)", nil))
                    calls.append(("POST", "/billing-invoice/\(id)/payments", [:]))
                }
                for (method, path, body) in calls {
                    let response = try await service.send(method, path, body, token: token)
                    // A tenant neither deletes nor sets what it owes.
                    let isDeletion = method == "DELETE" && !path.hasPrefix("/billing-payment-source")
                    let isInvoice =
                        method != "GET" && path.hasPrefix("/billing-invoice") && !path.hasSuffix("/payments")
                    #expect(
                        response.status == (isDeletion || isInvoice ? 403 : 404),
                        "\(method) \(path): \(response.text)")
                }
                #expect(try await service.send("GET", "/billing-invoice/\(hidden)").json == before)
                #expect(try await service.send("GET", "/billing-payment-source/\(source)").status == 200)
                let mine = try await service.send("GET", "/billing-customer?filter[include]=invoices", token: token)
                #expect(mine.json["info"]?["customerId"]?.stringValue == own, "\(mine.text)")
                #expect(mine.json["info"]?["invoices"]?.arrayValue?.count == 1)
                #expect(try await service.send("GET", "/billing-invoice/\(invoice)", token: token).status == 200)
            }
        }

        @Test func `the database shows the runtime role its tenant only`() async throws {
            try await TestService.run { service in
                for tenant in [TestService.tenantA, TestService.tenantB] {
                    let customer = try await service.customer(tenant)
                    _ = try await service.card(customer)
                    let id = try await service.invoice(customer)
                    #expect(try await service.send("POST", "/billing-invoice/\(id)/payments", [:]).status == 204)
                }
                for table in ["ledger_customers", "ledger_payment_sources", "billing_payments", "billing_customer"] {
                    let count = "SELECT count(*) FROM main.\(table)"
                    #expect(try await service.database.asRuntimeRole(count) == 0, "\(table)")
                    #expect(
                        try await service.database.asRuntimeRole(count, tenant: TestService.tenantA) == 1, "\(table)")
                    #expect(try await service.database.count(count) == 2, "\(table)")
                }
            }
        }
    }
}
