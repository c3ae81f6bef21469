import Billing
import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// Invoices of tenant management follow the rules of plans and subscriptions: currency codes, the order of dates, decimals.
@Suite struct InvoiceRuleTests {
    private func invoice(_ tenant: String, _ changes: JSONObject = [:]) -> JSONValue {
        var body: JSONObject = [
            "startDate": "2026-01-01", "endDate": "2026-01-31", "dueDate": "2026-02-15", "amount": 10.5,
            "currencyCode": "USD", "status": 0, "tenantId": .string(tenant),
        ]
        for (name, value) in changes { body[name] = value }
        return .object(body)
    }

    private static let refused: [(JSONObject, String)] = [
        (["currencyCode": "x1é"], "/currencyCode: pattern"), (["currencyCode": "   "], "/currencyCode: pattern"),
        (["currencyCode": "usd"], "/currencyCode: pattern"), (["currencyCode": "US\u{212A}"], "/currencyCode: pattern"),
        (["endDate": "2025-12-31"], "/endDate: order"), (["dueDate": "2025-12-31T23:59:59.999Z"], "/dueDate: order"),
        (["currencyCode": "JPY"], "/amount: decimals"), (["amount": 1.001], "/amount: decimals"),
        (["currencyCode": "BHD", "amount": 1.2345], "/amount: decimals"),
    ]

    @Test func `a new or replaced invoice that breaks a rule is a 422 with the field`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let (client, token) = (stack.tenantManagement, stack.admin)
            let tenant = try await stack.createTenantID()
            let id = try await client.post("/invoices", invoice(tenant), token: token).expect(201).string("id")
            for (changes, violation) in Self.refused {
                let created = try await client.post("/invoices", invoice(tenant, changes), token: token)
                #expect(created.status == 422 && created.violations == [violation], "\(changes) \(created.text)")
                let replaced = try await client.put("/invoices/\(id)", invoice(tenant, changes), token: token)
                #expect(replaced.status == 422 && replaced.violations == [violation], "\(changes) \(replaced.text)")
            }
            for changes: JSONObject in [
                ["endDate": "2026-01-01", "dueDate": "2026-01-01"], ["currencyCode": "JPY", "amount": 10.00],
                ["currencyCode": "BHD", "amount": 1.234], ["currencyCode": "CLF", "amount": 1.2345],
            ] {
                try await client.post("/invoices", invoice(tenant, changes), token: token).expect(201)
            }
        }
    }

    @Test func `a change is checked with the stored row`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let (client, token) = (stack.tenantManagement, stack.admin)
            let tenant = try await stack.createTenantID()
            let id = try await client.post("/invoices", invoice(tenant), token: token).expect(201).string("id")
            let before = try await client.get("/invoices/\(id)", token: token).expect(200).json
            let filter: JSONValue = ["id": .string(id)]
            for (changes, violation): (JSONValue, String) in [
                (["endDate": "2025-12-31"], "/endDate: order"), (["startDate": "2026-02-01"], "/startDate: order"),
                (["startDate": "2026-02-20", "endDate": "2026-03-01"], "/startDate: order"),
                (["dueDate": "2025-01-01"], "/dueDate: order"), (["currencyCode": "JPY"], "/currencyCode: decimals"),
                (["amount": 10.555], "/amount: decimals"),
            ] {
                for path in ["/invoices/\(id)", "/invoices?\(filter.parameter("where"))"] {
                    let answer = try await client.patch(path, changes, token: token)
                    #expect(answer.status == 422 && answer.violations == [violation], "\(changes) \(answer.text)")
                }
            }
            #expect(try await client.get("/invoices/\(id)", token: token).expect(200).json == before)
            try await client.patch("/invoices/\(id)", ["currencyCode": "JPY", "amount": 11], token: token).expect(204)
            try await client.patch("/invoices/\(id)", ["status": 1], token: token).expect(204)
        }
    }

    @Test func `an older row that breaks a rule can still be paid and deleted`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let (client, token) = (stack.tenantManagement, stack.admin)
            let tenant = try await stack.createTenantID()
            let database = try stack.database(.tenantManagement)
            let id = try await client.post("/invoices", invoice(tenant), token: token).expect(201).string("id")
            _ = try await database.query("ALTER TABLE main.invoices DISABLE TRIGGER USER")
            _ = try await database.query(
                "UPDATE main.invoices SET end_date = '2020-01-01', currency_code = 'eur', amount = -12.345")
            _ = try await database.query("ALTER TABLE main.invoices ENABLE TRIGGER USER")
            try await client.patch("/invoices/\(id)", ["status": 1], token: token).expect(204)
            try await client.delete("/invoices/\(id)", token: token).expect(204)
        }
    }

    @Test func `the database knows the decimals that the code knows`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let letters = (0..<26).map { String(UnicodeScalar(UInt8(65 + $0))) }
            let codes = letters.flatMap { first in letters.flatMap { second in letters.map { first + second + $0 } } }
            let rows = try await stack.database(.tenantManagement).query(
                "SELECT code, main.currency_decimals(code) FROM unnest($1::text[]) AS code", [.textArray(codes)])
            var known: [String: Int] = [:]
            for row in rows.rows { known[try row.text(0)] = try row.int(1) }
            for code in codes { #expect(known[code] == (try Currency(code).exponent), "\(code)") }
        }
    }
}
