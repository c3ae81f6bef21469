import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import Testing

@testable import Subscription

extension ServiceTests {
    @Suite struct BillingInvoices {
        @Test func `an invoice is created, read, changed and deleted by either id`() async throws {
            try await TestService.run { service in
                let customer = try await service.customer()
                let body: JSONValue = [
                    "customerId": .string(customer), "currencyCode": "usd",
                    "charges": [
                        ["amount": 15000, "description": "Premium"], ["amount": -500, "description": "Credit"],
                    ], "options": ["discounts": [], "autoCollection": "off"],
                ]
                let created = try await service.send("POST", "/billing-invoice", body)
                #expect(created.status == 201, "\(created.text)")
                let id = try #require(created.json["id"]?.stringValue)
                #expect(Identifier(id) != nil && created.location == "/billing-invoice/\(id)")
                #expect(created.json["customerId"]?.stringValue == customer)
                #expect(created.json["currencyCode"] == "USD" && created.json["status"] == "payment_due")
                #expect(created.json["charges"] == body["charges"] && created.json["options"] == body["options"])
                #expect(created.json["shippingAddress"] == nil)
                let rows = try await service.database.query(
                    "SELECT invoice_id, total::text, tenant_id::text, issued_on FROM main.invoice")
                let row = try #require(rows.first)
                let providerID = try row.text(0)
                #expect(providerID.hasPrefix("in_"))
                #expect(try row.text(1) == "14500" && row.text(2) == TestService.tenantA.description)
                #expect(try row.text(3) == "2026-01-31")
                for name in [id, providerID] {
                    #expect(try await service.send("GET", "/billing-invoice/\(name)").json == created.json)
                }
                let address: JSONValue = [
                    "email": "a@b.example", "city": "b", "state": "c", "zip": "d", "country": "e",
                ]
                // A client may send what it has read.
                var changes = try #require(created.json.objectValue)
                changes["shippingAddress"] = address
                for name in [id, providerID] {
                    let changed = try await service.send("PATCH", "/billing-invoice/\(name)", .object(changes))
                    #expect(changed.status == 204, "\(changed.text)")
                }
                let after = try await service.send("GET", "/billing-invoice/\(id)")
                #expect(after.json["shippingAddress"] == address && after.json["options"] == body["options"])
                for change: JSONObject in [
                    ["status": "paid"], ["currencyCode": "EUR"], ["customerId": "cus_other"],
                    ["charges": [["amount": 1, "description": "Premium"]]],
                ] {
                    let refused = try await service.send("PATCH", "/billing-invoice/\(id)", .object(change))
                    #expect(refused.status == 422)
                    #expect(refused.violations == ["/\(change.keys[0]): immutable"], "\(refused.text)")
                }
                #expect(try await service.send("DELETE", "/billing-invoice/\(providerID)").status == 204)
                for method in ["GET", "PATCH", "DELETE"] {
                    let gone = try await service.send(
                        method, "/billing-invoice/\(id)", method == "PATCH" ? ["options": [:]] : nil)
                    #expect(gone.status == 404)
                }
            }
        }

        @Test func `either permission allows deletion`() async throws {
            try await TestService.run { service in
                let customer = try await service.customer()
                for permission in ["5332", "5333"] {
                    let id = try await service.invoice(customer)
                    let token = try await service.token(permissions: [permission])
                    #expect(try await service.send("DELETE", "/billing-invoice/\(id)", token: token).status == 204)
                }
                let token = try await service.token(permissions: ["5323", "5326", "5329"])
                let path = "/billing-invoice/\(try await service.invoice(customer))"
                #expect(try await service.send("DELETE", path, token: token).status == 403)
            }
        }

        @Test(
            arguments: [
                ([["amount": 10.5, "description": "x"]], "/charges/0/amount: multipleOf"),
                ([["amount": "10", "description": "x"]], "/charges/0/amount: type"),
                ([["amount": 1e16, "description": "x"]], "/charges/0/amount: maximum"),
                ([["amount": 5, "description": "x"], ["amount": -6, "description": "x"]], "/charges: minimum"),
                ([["amount": 5]], "/charges/0: required"),
                (
                    [["amount": 5, "description": 1]],
                    "/charges/0/description: type"
                ),
                (.array(Array(repeating: ["amount": 5, "description": "x"], count: 101)), "/charges: maxItems"),
            ] as [(JSONValue, String)])
        func `charges that cannot be paid name the member`(charges: JSONValue, violation: String) async throws {
            try await TestService.run { service in
                let response = try await service.send(
                    "POST", "/billing-invoice",
                    [
                        "customerId": .string(try await service.customer()), "currencyCode": "USD", "charges": charges,
                    ])
                #expect(response.status == 422 && response.violations == [violation], "\(response.text)")
                #expect(try await service.database.count("SELECT count(*) FROM main.invoice") == 0)
            }
        }

        @Test func `missing members are named`() async throws {
            try await TestService.run { service in
                let customer = try await service.customer()
                for body: JSONObject in [["currencyCode": "USD"], ["customerId": .string(customer)]] {
                    let response = try await service.send("POST", "/billing-invoice", .object(body))
                    #expect(response.status == 422 && response.violations == [": required"])
                }
                for id in ["cus_other", Identifier.v4().description, "\u{1F4A3}"] {
                    let response = try await service.send(
                        "POST", "/billing-invoice", ["customerId": .string(id), "currencyCode": "USD"])
                    #expect(response.status == 404, "\(response.text)")
                }
            }
        }

        /// 19.99 * 100, as JavaScript computes it.
        @Test func `a price times a hundred is a whole number`() async throws {
            try await TestService.run { service in
                let customer = try await service.customer()
                for (amount, whole): (JSONValue, JSONValue) in [
                    (1998.9999999999998, 1999), (434.99999999999994, 435), (5000.0, 5000), (1e3, 1000),
                ] {
                    let id = try await service.invoice(customer, amount)
                    let invoice = try await service.send("GET", "/billing-invoice/\(id)")
                    #expect(invoice.json["charges"]?[0]?["amount"] == whole)
                    let paid = try await service.send(
                        "POST", "/billing-invoice/\(id)/payments", ["amount": amount])
                    #expect(paid.status == 204, "\(paid.text)")
                }
            }
        }
    }

    @Suite struct InvoicePayments {
        @Test func `an invoice is paid once, however many requests are concurrent`() async throws {
            try await TestService.run { service in
                let id = try await service.invoice(try await service.customer())
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<12 {
                        group.addTask {
                            try await service.send("POST", "/billing-invoice/\(id)/payments", ["comment": "x"]).status
                        }
                    }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(statuses.count { $0 == 204 } == 1 && statuses.count { $0 == 409 } == 11, "\(statuses)")
                #expect(try await service.status(ofInvoice: id) == "paid")
                #expect(try await service.payments(of: id, "status") == ["success"])
            }
        }

        @Test func `everything about a payment is stored`() async throws {
            try await TestService.run { service in
                let customer = try await service.customer()
                let id = try await service.invoice(customer)
                let path = "/billing-invoice/\(id)/payments"
                let failed = try await service.send(
                    "POST", path,
                    [
                        "amount": 5000, "paymentMethod": "check", "status": "failure", "errorCode": "bounced",
                        "errorText": "No funds", "referenceNumber": "7", "date": 1_769_853_600,
                    ])
                #expect(failed.status == 204, "\(failed.text)")
                #expect(try await service.status(ofInvoice: id) == "not_paid")
                let paid = try await service.send(
                    "POST", path,
                    [
                        "paymentMethod": "custom", "customPaymentMethodId": "voucher", "idAtGateway": "g1",
                        "comment": "second try",
                    ])
                #expect(paid.status == 204)
                let again = try await service.send("POST", path, [:])
                #expect(again.status == 409 && again.json["error"]?["code"] == "INVOICE_CLOSED", "\(again.text)")
                let payment: JSONValue = ["relation": "payments", "scope": ["order": "createdOn"]]
                let filter: JSONValue = [
                    "include": [["relation": "invoices", "scope": ["include": [payment]]]]
                ]
                let query = "filter=" + String(decoding: filter.serialized(), as: UTF8.self)
                let info = try await service.send("GET", "/billing-customer?\(query)".escaped).json["info"]
                let payments = try #require(info?["invoices"]?[0]?["payments"]?.arrayValue)
                #expect(payments.count == 2)
                #expect(payments[0]["status"] == "failure" && payments[0]["errorCode"] == "bounced")
                #expect(payments[0]["paidOn"] == "2026-01-31T10:00:00.000Z" && payments[0]["referenceNumber"] == "7")
                #expect(payments[1]["status"] == "success" && payments[1]["amount"] == 5000)
                #expect(payments[1]["currencyCode"] == "USD" && payments[1]["paymentMethod"] == "custom")
                #expect(payments[1]["idAtGateway"] == "g1" && payments[1]["comment"] == "second try")
            }
        }

        @Test func `the amount is that of the invoice`() async throws {
            try await TestService.run { service in
                let id = try await service.invoice(try await service.customer())
                for (body, violation): (JSONValue, String) in [
                    (["amount": 4999], "/amount: total"), (["amount": 0.5], "/amount: multipleOf"),
                    (["amount": -1], "/amount: minimum"), (["paymentMethod": "gold"], "/paymentMethod: enum"),
                    (["status": "pending"], "/status: enum"), (["paymentMethod": "payment_source"], ": required"),
                ] {
                    let response = try await service.send("POST", "/billing-invoice/\(id)/payments", body)
                    #expect(response.status == 422 && response.violations == [violation], "\(response.text)")
                }
                #expect(try await service.payments(of: id, "status").isEmpty)
                #expect(try await service.status(ofInvoice: id) == "payment_due")
                #expect(
                    try await service.send("POST", "/billing-invoice/\(Identifier.v4())/payments", [:]).status == 404)
            }
        }

        @Test func `a draft of a subscription can be paid`() async throws {
            try await TestService.run { service in
                let subscription = try await service.subscription(to: try await service.plan())
                let draft = try await service.send("GET", "/subscriptions/\(subscription)/invoice")
                let id = try #require(draft.json["id"]?.stringValue)
                let shown = try await service.send("GET", "/billing-invoice/\(id)")
                #expect(shown.json["status"] == "draft" && shown.json["charges"]?[0]?["amount"] == 5000)
                #expect(shown.json["customerId"] == nil)
                let customer = try await service.customer()
                let paid = try await service.send("POST", "/billing-invoice/\(id)/payments", ["amount": 5000])
                #expect(paid.status == 204, "\(paid.text)")
                let after = try await service.send("GET", "/billing-invoice/\(id)")
                #expect(after.json["status"] == "paid" && after.json["customerId"]?.stringValue == customer)
                let row = try await service.send("GET", "/subscriptions/\(subscription)/invoice")
                #expect(row.json["invoiceId"]?.stringValue?.hasPrefix("in_") == true)
                #expect(row.json["issuedOn"] == "2026-01-31")
            }
        }

        @Test func `a payment that a tenant reports is confirmed by an operator`() async throws {
            try await TestService.run { service in
                let customer = try await service.customer()
                let id = try await service.invoice(customer)
                let source = try await service.card(customer)
                let token = try await service.token(tenant: TestService.tenantA)
                let path = "/billing-invoice/\(id)/payments"
                for body: JSONValue in [
                    ["paymentMethod": "cash"], ["paymentMethod": "payment_source", "paymentSourceId": .string(source)],
                ] {
                    #expect(try await service.send("POST", path, body, token: token).status == 204)
                    #expect(try await service.status(ofInvoice: id) == "pending")
                }
                #expect(try await service.send("POST", path, ["paymentMethod": "bank_transfer"]).status == 204)
                #expect(try await service.status(ofInvoice: id) == "paid")
                #expect(
                    try await service.payments(of: id, "status") == ["failure", "failure", "success"],
                    "what was announced is settled by what was confirmed")
                #expect(try await service.payments(of: id, "payment_source_id") == [nil, source, nil])
                #expect(try await service.send("POST", path, [:], token: token).status == 409)
            }
        }

        @Test func `neither another tenant's card nor an expired one can pay`() async throws {
            try await TestService.run { service in
                let (own, stranger) = (try await service.customer(), try await service.customer(TestService.tenantB))
                let id = try await service.invoice(own)
                let path = "/billing-invoice/\(id)/payments"
                let foreign = try await service.send(
                    "POST", path, ["paymentSourceId": .string(try await service.card(stranger))])
                #expect(foreign.status == 404, "\(foreign.text)")
                #expect(try await service.send("POST", path, ["paymentSourceId": "src_nothing"]).status == 404)
                // The last card of the customer is the default, and is good to the end of its month.
                _ = try await service.card(own, expiryYear: 2026)
                let other = try await service.invoice(own)
                service.clock.set(try #require(Timestamp(iso8601: "2026-12-31T23:59:59.000Z")))
                let inTime = try await service.send(
                    "POST", "/billing-invoice/\(other)/payments", ["paymentMethod": "payment_source"])
                #expect(inTime.status == 204, "\(inTime.text)")
                #expect(try await service.payments(of: other, "status") == ["success"])
                service.clock.set(try #require(Timestamp(iso8601: "2027-01-01T00:00:00.000Z")))
                let expired = try await service.send("POST", path, ["paymentMethod": "payment_source"])
                #expect(expired.status == 204, "\(expired.text)")
                #expect(try await service.payments(of: id, "error_code") == ["expired_card"])
                #expect(try await service.payments(of: id, "status") == ["failure"])
            }
        }
    }
}
