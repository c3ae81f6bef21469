import Billing
import Primitives
import Testing

@testable import SampleData

@Suite struct SampleTablesTests {
    private static func size(_ tenants: Int, subscriptions: Int = 3, seed: UInt64 = 7) throws -> SampleSize {
        try SampleSize(
            tenants: tenants, subscriptionsPerTenant: subscriptions, seed: seed,
            today: CalendarDate(year: 2026, month: 11, day: 29))
    }

    private static func plans() throws -> [SamplePlan] {
        let euro = try Currency("EUR")
        return [("BASIC", BillingCycle.monthly), ("PREMIUM", .yearly)].map { tier, cycle in
            SamplePlan(
                id: .v4(), name: "The \(tier) plan", tier: tier, price: Money(minorUnits: 4900, currency: euro),
                cycle: cycle)
        }
    }

    private static func rows(_ text: CopyText) -> [[String]] {
        String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    @Test func `the same seed makes the same rows, and another one makes others`() throws {
        func bytes(_ seed: UInt64) throws -> [[UInt8]] {
            var tables = TenantManagementTables(try Self.size(50, seed: seed))
            for number in 1...50 { try tables.add(tenant: number) }
            return tables.texts.map(\.bytes)
        }
        #expect(try bytes(7) == bytes(7))
        #expect(try bytes(7) != bytes(8))
    }

    @Test func `a tenant does not depend on how many others there are`() throws {
        var alone = TenantManagementTables(try Self.size(1))
        try alone.add(tenant: 40)
        var among = TenantManagementTables(try Self.size(100))
        for number in 30...50 { try among.add(tenant: number) }
        for (one, all) in zip(alone.texts, among.texts) {
            let rows = Self.rows(all)
            for row in Self.rows(one) { #expect(rows.contains(row)) }
        }
    }

    @Test func `keys, ids, addresses of leads and domains are unique`() throws {
        var tables = TenantManagementTables(try Self.size(5000))
        for number in 1...5000 { try tables.add(tenant: number) }
        let texts = tables.texts.map { Self.rows($0) }
        func column(_ table: Int, _ index: Int) -> [String] { texts[table].map { $0[index] } }
        for (table, index) in [(0, 0), (1, 0), (1, 3), (2, 0), (2, 3), (3, 1), (4, 0), (5, 0), (6, 0), (7, 0)] {
            let values = column(table, index)
            #expect(!values.isEmpty && Set(values).count == values.count, "\(tables.texts[table].target), \(index)")
        }
        for key in column(2, 3) {
            #expect(key.utf8.count <= 20 && key.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) })
        }
        let active = column(2, 2).count { $0 == "0" }
        #expect((4300...4700).contains(active), "nine of ten tenants are ACTIVE")
    }

    @Test func `subscriptions name their tenants, and their invoices are over the price of their plans`() throws {
        var own = TenantManagementTables(try Self.size(300))
        var tables = SubscriptionTables(try Self.size(300), plans: try Self.plans())
        for number in 1...300 {
            try own.add(tenant: number)
            try tables.add(tenant: number)
        }
        let tenants = Set(Self.rows(own.texts[2]).map { $0[0] })
        let texts = tables.texts.map { Self.rows($0) }
        #expect(Set(texts[0].map { $0[0] }) == tenants)
        #expect(texts[3].count == 900 && texts[1].count == 900 && texts[2].count == 900)
        let backed = Dictionary(uniqueKeysWithValues: texts[3].map { ($0[6], $0) })
        for invoice in texts[1] {
            let subscription = try #require(backed[invoice[0]])
            #expect(subscription[0] == invoice[2] && subscription[1] == invoice[3] && tenants.contains(invoice[3]))
            #expect(invoice[5] == "4900" && invoice[6] == "4900" && subscription[3] == invoice[7])
        }
        for subscription in texts[3] {
            // ACTIVE ones have not ended, EXPIRED ones have.
            if subscription[5] == "1" { #expect(subscription[4] > "2026-11-29") }
            if subscription[5] == "4" { #expect(subscription[4] <= "2026-11-29") }
        }
        let active = texts[3].filter { $0[5] == "1" }.map { $0[1] }
        #expect(Set(active).count == active.count, "one ACTIVE subscription of a tenant")
    }

    @Test func `COPY reads text as it was`() {
        var text = CopyText("leads", ["a", "b", "c"])
        text.add([.text("tab\tline\nreturn\r\\N"), .null, .bool(true)])
        #expect(String(decoding: text.bytes, as: UTF8.self) == "tab\\tline\\nreturn\\r\\\\N\t\\N\tt\n")
        #expect(text.target == "main.leads (a, b, c)" && text.rows == 1)
        text.removeAll()
        #expect(text.bytes.isEmpty && text.rows == 0)
    }
}
