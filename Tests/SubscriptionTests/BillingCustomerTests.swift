import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import Testing

@testable import Subscription

extension ServiceTests {
    @Suite struct BillingCustomers {
        private static let body: JSONValue = [
            "firstName": "Ann", "lastName": "Lee", "email": "ann@acme.example.com", "company": "Acme", "phone": "NA",
            "billingAddress": [
                "email": "ann@acme.example.com", "city": "", "state": "IL", "zip": "62701", "country": "US",
            ], "options": ["segment": "small"],
        ]

        @Test func `a customer is created, read, changed and deleted`() async throws {
            try await TestService.run { service in
                let tenant = TestService.tenantA
                let created = try await service.send(
                    "POST", "/billing-customer", Self.body, headers: ["tenantId": tenant.description])
                #expect(created.status == 201, "\(created.text)")
                let id = try #require(created.json["id"]?.stringValue)
                #expect(id.hasPrefix("cus_"))
                for (name, value) in try #require(Self.body.objectValue) { #expect(created.json[name] == value) }
                #expect(
                    try await service.send("GET", try #require(created.location)).json["customerDetails"]
                        == created.json)

                let invoice = try await service.invoice(id)
                let filter: JSONValue = [
                    "where": ["customerId": .string(id)], "include": [["relation": "invoices"]],
                ]
                let query = "filter=" + String(decoding: filter.serialized(), as: UTF8.self)
                let found = try await service.send("GET", "/billing-customer?\(query)".escaped)
                #expect(found.status == 200, "\(found.text)")
                #expect(found.json["customerDetails"] == created.json)
                #expect(found.json["info"]?["tenantId"] == .identifier(tenant))
                #expect(found.json["info"]?["customerId"]?.stringValue == id)
                #expect(found.json["info"]?["invoices"]?[0]?["id"]?.stringValue == invoice)
                let narrow = try await service.send("GET", "/billing-customer?filter[fields][tenantId]=true")
                #expect(narrow.json["customerDetails"] == created.json && narrow.json["info"]?["customerId"] == nil)

                for (path, company) in [
                    (tenant.description, "One"), (id, "Two"),
                    (found.json["info"]?["id"]?.stringValue ?? "", "Three"),
                    (tenant.description.uppercased(), "Four"),
                ] {
                    let changed = try await service.send(
                        "PATCH", "/billing-customer/\(path)", ["company": .string(company), "id": "cus_other"])
                    #expect(changed.status == 204, "\(path): \(changed.text)")
                    let details = try await service.send("GET", "/billing-customer").json["customerDetails"]
                    #expect(details?["company"]?.stringValue == company && details?["firstName"] == "Ann")
                    #expect(details?["id"]?.stringValue == id)
                }
                let source = try await service.card(id)
                #expect(try await service.send("DELETE", "/billing-customer/\(tenant)").status == 204)
                for path in [
                    "/billing-customer", "/billing-invoice/\(invoice)", "/billing-payment-source/\(source)",
                ] {
                    #expect(try await service.send("GET", path).status == 404, "\(path)")
                }
                #expect(
                    try await service.database.count(
                        """
                        SELECT (SELECT count(*) FROM main.invoice WHERE deleted)
                            + (SELECT count(*) FROM main.ledger_customers WHERE deleted)
                            + (SELECT count(*) FROM main.ledger_payment_sources WHERE deleted)
                        """) == 3)
                #expect(try await service.send("DELETE", "/billing-customer/\(tenant)").status == 404)
                #expect(
                    try await service.send("PATCH", "/billing-customer/\(tenant)", ["phone": "1"]).status == 404)
                // The tenant may become a customer again.
                #expect(try await service.customer(tenant) != id)
            }
        }

        @Test func `a tenant is one customer, however many requests are concurrent`() async throws {
            try await TestService.run { service in
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            try await service.send(
                                "POST", "/billing-customer", [:],
                                headers: ["tenantId": TestService.tenantA.description]
                            ).status
                        }
                    }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(statuses.count { $0 == 201 } == 1 && statuses.count { $0 == 409 } == 7, "\(statuses)")
                let again = try await service.send(
                    "POST", "/billing-customer", [:], headers: ["tenantId": TestService.tenantA.description])
                #expect(again.message.contains("Key (tenant_id)=(\(TestService.tenantA))"), "\(again.text)")
                #expect(
                    try await service.database.count("SELECT count(*) FROM main.ledger_customers") == 1,
                    "nothing is left of those that were refused")
            }
        }

        @Test func `no invoice outlives its customer`() async throws {
            try await TestService.run { service in
                let customer = try await service.customer()
                let body: JSONValue = ["customerId": .string(customer), "currencyCode": "USD"]
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<40 {
                        group.addTask {
                            number == 20
                                ? try await service.send("DELETE", "/billing-customer/\(customer)").status
                                : try await service.send("POST", "/billing-invoice", body).status
                        }
                    }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(statuses.allSatisfy { [201, 204, 404].contains($0) }, "\(statuses)")
                #expect(statuses.count { $0 == 204 } == 1)
                #expect(try await service.database.count("SELECT count(*) FROM main.invoice WHERE NOT deleted") == 0)
            }
        }

        @Test func `the header names the tenant of the request`() async throws {
            try await TestService.run { service in
                let missing = try await service.send("POST", "/billing-customer", Self.body)
                #expect(missing.status == 400 && missing.message.contains("tenantId"), "\(missing.text)")
                let wrong = try await service.send(
                    "POST", "/billing-customer", Self.body, headers: ["tenantId": "acme"])
                #expect(wrong.status == 400 && wrong.message.contains("tenantId"))
                let own = try await service.token(tenant: TestService.tenantA)
                let foreign = try await service.send(
                    "POST", "/billing-customer", Self.body, token: own,
                    headers: ["tenantId": TestService.tenantB.description])
                #expect(foreign.status == 404, "\(foreign.text)")
                let created = try await service.send("POST", "/billing-customer", Self.body, token: own)
                #expect(created.status == 201)
                let info = try await service.send("GET", "/billing-customer").json["info"]
                #expect(info?["tenantId"] == .identifier(TestService.tenantA))
            }
        }

        @Test func `an address has its required members`() async throws {
            try await TestService.run { service in
                let cases: [(JSONValue, [String])] = [
                    (
                        ["billingAddress": ["email": "a@b.c", "city": "x", "state": "y"]],
                        ["/billingAddress: required", "/billingAddress: required"]
                    ),
                    (
                        [
                            "billingAddress": [
                                "email": "a@b.example", "city": "x", "state": "y", "zip": "1", "country": "z",
                                "line1": "street",
                            ]
                        ], ["/billingAddress: additionalProperties"]
                    ),
                    (["email": "nobody"], ["/email: format"]), (["firstName": 5], ["/firstName: type"]),
                    (["name": "x"], [": additionalProperties"]),
                    (["id": "cus_1"], [": additionalProperties"]),
                ]
                for (body, violations) in cases {
                    let response = try await service.send(
                        "POST", "/billing-customer", body, headers: ["tenantId": TestService.tenantA.description])
                    #expect(response.status == 422 && response.violations == violations, "\(response.text)")
                }
            }
        }

        @Test func `customers of the original are adopted`() async throws {
            try await TestService.run { service in
                try await service.database.query(
                    "INSERT INTO main.billing_customer (tenant_id, customer_id) VALUES ('acme', 'cus_old')")
                let found = try await service.send("GET", "/billing-customer?filter[where][tenantId]=acme")
                #expect(found.json["customerDetails"] == ["id": "cus_old"], "\(found.text)")
                for company in ["Acme", "Acme Ltd"] {
                    let changed = try await service.send(
                        "PATCH", "/billing-customer/acme", ["company": .string(company)])
                    #expect(changed.status == 204, "\(changed.text)")
                    let details = try await service.send("GET", "/billing-customer").json["customerDetails"]
                    #expect(details == ["id": "cus_old", "company": .string(company)])
                }
                let invoice = try await service.invoice("cus_old")
                #expect(try await service.send("POST", "/billing-invoice/\(invoice)/payments", [:]).status == 204)
                #expect(try await service.send("DELETE", "/billing-customer/cus_old").status == 204)
            }
        }

        /// What PostgreSQL gives back is longer than what came in: it puts a blank behind each comma.
        @Test func `accepted values are returned, however long they are`() async throws {
            try await TestService.run(environment: ["HTTP_MAX_BODY_BYTES": "4194304"]) { service in
                // 720 kB, which become more than the parser's usual 1 MiB, and a body of more than that.
                for (tenant, count) in [(TestService.tenantA, 360_000), (TestService.tenantB, 500_000)] {
                    let options: JSONValue = ["n": .array(Array(repeating: 1, count: count))]
                    let address: JSONValue = [
                        "email": "a@b.example", "city": "X", "state": "Y", "zip": "1", "country": "Z",
                        "options": options,
                    ]
                    let created = try await service.send(
                        "POST", "/billing-customer", ["options": options, "billingAddress": address],
                        headers: ["tenantId": tenant.description])
                    #expect(created.status == 201, "\(created.text.prefix(200))")
                    let location = try #require(created.location)
                    let found = try await service.send("GET", location)
                    #expect(found.status == 200 && found.text.utf8.count > 2 * count, "\(found.text.prefix(200))")
                    let invoice = try await service.send(
                        "POST", "/billing-invoice",
                        ["customerId": .identifier(tenant), "currencyCode": "USD", "options": options])
                    #expect(invoice.status == 201, "\(invoice.text.prefix(200))")
                    #expect(try await service.send("GET", try #require(invoice.location)).status == 200)
                }
            }
        }

        @Test func `without a provider every request is refused`() async throws {
            try await TestService.run(environment: ["BILLING_PROVIDER": "none"]) { service in
                let id = Identifier.v4()
                for (method, path, body): (String, String, JSONValue?) in [
                    ("POST", "/billing-customer", Self.body), ("GET", "/billing-customer", nil),
                    ("PATCH", "/billing-customer/\(id)", ["phone": "1"]), ("DELETE", "/billing-customer/\(id)", nil),
                    ("POST", "/billing-invoice", ["customerId": "x", "currencyCode": "USD"]),
                    ("GET", "/billing-invoice/\(id)", nil), ("PATCH", "/billing-invoice/\(id)", ["options": [:]]),
                    ("DELETE", "/billing-invoice/\(id)", nil), ("POST", "/billing-invoice/\(id)/payments", [:]),
                    ("POST", "/billing-payment-source", ["customerId": "x"]),
                    ("GET", "/billing-payment-source/\(id)", nil), ("DELETE", "/billing-payment-source/\(id)", nil),
                ] {
                    let response = try await service.send(method, path, body)
                    #expect(response.status == 422, "\(method) \(path)")
                    #expect(response.message == "ProviderNotFound")
                    #expect(response.json["error"]?["name"] == "UnprocessableEntityError")
                    #expect(try await service.send(method, path, body, token: "").status == 401)
                }
            }
        }
    }
}
