import Entities
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

@testable import Subscription

extension ServiceTests {
    @Suite struct PrepaidCredits {
        private static let tenant = TestService.tenantA

        private func grant(_ service: TestService, _ amount: Int, _ members: JSONObject = [:]) async throws -> String {
            var body: JSONObject = [
                "tenantId": .identifier(Self.tenant), "currencyCode": "USD", "amount": .integer(amount),
            ]
            for (name, value) in members { body[name] = value }
            let response = try await service.send("POST", "/credit-grants", .object(body))
            try #require(response.status == 201, "\(response.text)")
            return try #require(response.json["id"]?.stringValue)
        }

        private func left(_ service: TestService, _ grants: String...) async throws -> [Int] {
            var left: [Int] = []
            for grant in grants {
                let row = try await service.send("GET", "/credit-grants/\(grant)").json
                left.append(row["remaining"]?.intValue ?? -1)
            }
            return left
        }

        /// A draft with a line, and one of usage.
        private func draft(_ database: TestDatabase, _ amount: Int, usage: Int = 0) async throws -> String {
            let id = Identifier.v4().description
            try await database.query(
                """
                INSERT INTO main.invoice (id, invoice_status, tenant_id, currency_code, subtotal, discount, tax, credit, total)
                VALUES ('\(id)', 'draft', '\(Self.tenant)', 'USD', \(amount), 0, 0, 0, \(amount))
                """)
            let lines = [("recurring", "null", amount - usage), ("usage", "\"calls\"", usage)].filter { $0.2 > 0 }
            for (position, line) in lines.enumerated() {
                try await database.query(
                    """
                    INSERT INTO main.invoice_lines (
                        id, invoice_id, position, description, quantity, unit_amount, amount, kind, details)
                    VALUES (gen_random_uuid(), '\(id)', \(position + 1), 'x', 1, \(line.2), \(line.2), '\(line.0)', '{"item": \(line.1)}')
                    """)
            }
            return id
        }

        private func set(_ database: TestDatabase, _ invoice: String, _ status: String) async throws {
            try await database.query("UPDATE main.invoice SET invoice_status = '\(status)' WHERE id = '\(invoice)'")
        }

        private func state(_ database: TestDatabase, _ invoice: String) async throws -> String {
            try await database.texts(
                "SELECT invoice_status || ' ' || total - coalesce(credited, 0) FROM main.invoice WHERE id = '\(invoice)'"
            )[0]
        }

        @Test func `invoices use credits by priority and expiry, and voids and refunds give them back`() async throws {
            try await TestService.run(at: SystemClock().now().description) { service in
                let database = service.database
                try await service.know(Self.tenant)
                try await service.meter("calls")
                let last = try await grant(service, 1000, ["isPaid": true])
                let soon = try await grant(service, 300, ["expiresOn": "2090-01-01T00:00:00Z"])
                let sooner = try await grant(service, 200, ["expiresOn": "2080-01-01T00:00:00Z"])
                let calls = try await grant(service, 400, ["priority": 1, "meters": ["calls"], "name": "Calls"])
                for (members, violation): (JSONObject, String) in [
                    (["meters": ["unknown"]], "/meters: exists"),
                    (["expiresOn": "2020-01-01T00:00:00Z"], "/expiresOn: past"),
                    (["tenantId": .identifier(.v4())], "/tenantId: exists"),
                ] {
                    var body: JSONObject = ["tenantId": .identifier(Self.tenant), "currencyCode": "USD", "amount": 1]
                    for (name, value) in members { body[name] = value }
                    #expect(try await service.send("POST", "/credit-grants", .object(body)).violations == [violation])
                }
                let balance = try await service.send("GET", "/prepaid-credits/\(Self.tenant)")
                #expect(
                    balance.json[0]?["available"] == 1500 && balance.json[0]?["restricted"] == 400, "\(balance.text)")

                // 100 of usage from the one for calls; then what expires first.
                let first = try await draft(database, 450, usage: 100)
                try await set(database, first, "open")
                #expect(try await state(database, first) == "paid 0")
                #expect(try await left(service, calls, sooner) == [300, 0])
                #expect(try await left(service, soon, last) == [150, 1000])
                // More than there is for it.
                let second = try await draft(database, 2000)
                try await set(database, second, "open")
                #expect(try await state(database, second) == "open 850")
                #expect(try await left(service, calls, last) == [300, 0])
                #expect(try await database.billingCheck().findings == [])

                try await set(database, second, "void")
                #expect(try await left(service, soon, last) == [150, 1000])
                // A refund of what credits have paid.
                try await database.query(
                    """
                    WITH note AS (
                        INSERT INTO main.credit_notes (id, invoice_id, currency_code, amount, tax, total, destination, issued_on)
                        SELECT gen_random_uuid(), '\(first)', 'USD', 250, 0, 250, 'payer', '2030-01-01' RETURNING id, invoice_id)
                    INSERT INTO main.credit_note_lines (id, credit_note_id, invoice_line_id, position, description, amount, tax)
                    SELECT gen_random_uuid(), note.id, line.id, 1, 'x', 250, 0
                    FROM note JOIN main.invoice_lines AS line ON line.invoice_id = note.invoice_id AND line.position = 1
                    """)
                #expect(try await left(service, soon, sooner) == [300, 100])
                let uses = try await service.send("GET", "/credit-grants/\(soon)/uses")
                #expect(
                    uses.json.arrayValue?.map { "\($0["kind"]?.stringValue ?? "") \($0["amount"]?.intValue ?? 0)" }
                        == ["grant 300", "burn -150", "burn -150", "return 150", "return 150"], "\(uses.text)")
                #expect(try await database.billingCheck().findings == [])

                // What has expired is not used, and is lost.
                try await database.query(
                    "UPDATE main.credit_grants SET expires_on = now() WHERE id IN ('\(soon)', '\(last)')")
                let third = try await draft(database, 500)
                try await set(database, third, "open")
                #expect(try await state(database, third) == "open 400")
                let ended = try await database.withPool(user: database.template.runtimeRole) { pool in
                    let repository = CreditGrantRepository(pool: pool)
                    return [try await repository.expire(limit: 10), try await repository.expire(limit: 10)]
                }
                #expect(ended == [2, 0])
                #expect(try await left(service, last) == [0])
                #expect(
                    try await database.texts(
                        "SELECT account || ' ' || amount FROM main.ledger_entries WHERE kind = 'credit_expiry' ORDER BY amount, account"
                    )
                        == ["revenue -1000", "discounts -300", "credit_granted 300", "credit_granted 1000"])
                #expect(try await service.send("POST", "/credit-grants/\(calls)/revoke").status == 204)
                #expect(try await service.send("POST", "/credit-grants/\(calls)/revoke").status == 204)
                #expect(try await left(service, calls) == [0])
                #expect(try await service.send("GET", "/prepaid-credits/\(Self.tenant)").json == [])
                #expect(try await database.billingCheck().findings == [])
                let other = try await service.token(tenant: TestService.tenantB)
                #expect(try await service.send("GET", "/prepaid-credits/\(Self.tenant)", token: other).status == 404)
                #expect(try await service.send("GET", "/credit-grants/\(calls)/uses", token: other).status == 404)
            }
        }

        @Test func `an invoice that another provider has made uses no credits`() async throws {
            try await TestService.run(at: SystemClock().now().description) { service in
                let database = service.database
                try await service.know(Self.tenant)
                let credit = try await grant(service, 1000)
                func issue(_ name: String) async throws -> String {
                    let invoice = try await draft(database, 400)
                    try await database.query(
                        "UPDATE main.invoice SET invoice_id = '\(name)', invoice_status = 'open' WHERE id = '\(invoice)'"
                    )
                    return invoice
                }
                let foreign = try await issue("in_1MtHbELkdIwHu7ixl4OzzPMv")
                #expect(try await state(database, foreign) == "open 400")
                #expect(try await left(service, credit) == [1000])
                let ours = try await issue("in_" + String(repeating: "0a", count: 12))
                #expect(try await state(database, ours) == "paid 0")
                #expect(try await left(service, credit) == [600])
                // Both have numbers of ours: that is not what tells them apart.
                #expect(
                    try await database.count("SELECT count(*) FROM main.invoice WHERE sequence IS NOT NULL") == 2)
            }
        }

        @Test func `however many invoices are issued at the same time, nothing is spent twice`() async throws {
            try await TestService.run(at: SystemClock().now().description) { service in
                let database = service.database
                try await service.know(Self.tenant)
                for size in [500, 700, 300] { _ = try await grant(service, size) }
                var made: [String] = []
                for _ in 0..<64 { made.append(try await draft(database, 40)) }
                let drafts = made
                try await database.withPool(connections: 16) { pool in
                    _ = await concurrently(drafts.count, width: 64) { index in
                        _ = try? await pool.query(
                            "UPDATE main.invoice SET invoice_status = 'open' WHERE id = $1::text::uuid",
                            [.text(drafts[index])],
                            settings: TenantScope.everyTenant)
                    }
                }
                #expect(
                    try await database.count("SELECT count(*) FROM main.invoice WHERE number IS NOT NULL") == 64)
                #expect(
                    try await database.count("SELECT sum(credited)::integer FROM main.invoice") == 1500)
                #expect(try await database.count("SELECT sum(remaining)::integer FROM main.credit_grants") == 0)
                #expect(try await database.billingCheck().findings == [])
            }
        }
    }
}
