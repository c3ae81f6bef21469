import JSONCoding
import PostgresTestSupport
import Primitives
import Synchronization
import Testing

@testable import Subscription

/// Usage, credit in advance, and what is given back.
@Suite struct MoneyStoryTests {
    private static let tenant = TestService.tenantA

    private static func price(
        _ service: TestService, _ plan: String, _ meter: String, _ aggregation: String, _ amount: String
    ) async throws {
        _ = try await service.meter(meter, aggregation)
        let response = try await service.send(
            "POST", "/metered-prices",
            [
                "planId": .string(plan), "meterKey": .string(meter), "currencyCode": "USD",
                "price": ["model": "per_unit", "unitAmount": .string(amount)],
            ])
        try #require(response.status == 201, "\(response.text)")
    }

    /// Grants the tenant credit; returns its path.
    @discardableResult private static func grant(
        _ service: TestService, _ amount: Int, _ members: JSONObject = [:]
    ) async throws -> String {
        try await service.know(tenant)
        var body: JSONObject = ["tenantId": .identifier(tenant), "currencyCode": "USD", "amount": .integer(amount)]
        for (name, value) in members { body[name] = value }
        let response = try await service.send("POST", "/credit-grants", .object(body))
        try #require(response.status == 201, "\(response.text)")
        return "/credit-grants/\(try #require(response.json["id"]?.stringValue))"
    }

    /// Nothing that `arc billing check` would find.
    private static func addsUp(_ story: Story) async throws {
        #expect(try await story.service.database.billingCheck().findings == [])
    }

    /// What has happened to a grant.
    private static func uses(_ story: Story, _ grant: String) async throws -> [String] {
        let uses = try await story.service.send("GET", "\(grant)/uses")
        return (uses.json.arrayValue ?? []).map { "\($0["kind"]?.stringValue ?? "") \($0["amount"]?.intValue ?? 0)" }
    }

    @Test func `usage that arrives late is an adjustment on the next invoice, and who was counted costs nothing again`()
        async throws
    {
        try await Story.tell(from: "2027-01-01", price: 30) { service, plan in
            try await Self.price(service, plan, "calls", "sum", "0.10")
            try await Self.price(service, plan, "people", "unique", "2")
            try await Self.price(service, plan, "disk", "max", "1")
        } _: { story in
            let service = story.service
            try await story.advance(to: "2027-01-25")
            let used = try await service.use(
                TestService.event("1", "calls", "100", at: "2027-01-05T09:00:00Z"),
                TestService.event("2", "people", at: "2027-01-05T09:00:00Z", value: "ann"),
                TestService.event("3", "disk", "50", at: "2027-01-10T09:00:00Z"))
            #expect(used.status == 200, "\(used.text)")
            try await story.advance(to: "2027-02-03")
            // 20 calls more. Ann was counted, and Bob was not; 40 are less than the 50 that were billed, and 60 are ten more.
            let late = try await service.use(
                TestService.event("4", "calls", "20", at: "2027-01-20T09:00:00Z"),
                TestService.event("5", "people", at: "2027-01-20T09:00:00Z", value: "ann"),
                TestService.event("6", "people", at: "2027-01-21T09:00:00Z", value: "bob"),
                TestService.event("7", "disk", "40", at: "2027-01-22T09:00:00Z"),
                TestService.event("8", "disk", "60", at: "2027-01-23T09:00:00Z"))
            #expect(late.status == 200, "\(late.text)")
            try await story.advance(to: "2027-03-05")
            try await story.bills("2027-01-01 3000", "2027-02-01 9200", "2027-03-01 4400")

            // Who comes before a pause is billed after it, and who comes during it is not.
            let before = try await service.use(
                TestService.event("9", "people", at: "2027-03-04T09:00:00Z", value: "carol"))
            #expect(before.status == 200, "\(before.text)")
            try await story.on("2027-03-10", "pause", ["policy": "none"])
            try await story.advance(to: "2027-03-20")
            let during = try await service.use(
                TestService.event("10", "people", at: "2027-03-15T09:00:00Z", value: "dave"))
            #expect(during.status == 200, "\(during.text)")
            try await story.advance(to: "2027-04-10")
            try await story.bills("2027-01-01 3000", "2027-02-01 9200", "2027-03-01 4400", "2027-04-01 200")
            try await Self.addsUp(story)
        }
    }

    @Test func `credit in advance is used by priority until it expires, however many months pass at once`() async throws
    {
        let grants = Mutex<[String]>([])
        try await Story.tell(from: "2027-01-01", price: 30) { service, _ in
            for terms: (Int, JSONObject) in [
                (10_000, ["isPaid": true]),
                (7_000, ["priority": 10, "expiresOn": "2027-02-15T00:00:00Z"]),
                (500, ["priority": 1, "currencyCode": "EUR"]),
            ] {
                let grant = try await Self.grant(service, terms.0, terms.1)
                grants.withLock { $0.append(grant) }
            }
            let past = try await service.send(
                "POST", "/credit-grants",
                [
                    "tenantId": .identifier(Self.tenant), "currencyCode": "USD", "amount": 1,
                    "expiresOn": "2026-12-31T00:00:00Z",
                ])
            #expect(past.violations == ["/expiresOn: past"], "\(past.text)")
        } _: { story in
            try await story.advance(to: "2027-03-02")
            try await story.bills("2027-01-01 3000", "2027-02-01 3000", "2027-03-01 3000")
            #expect(try await story.column("invoice_status") == ["paid", "paid", "paid"])
            let (paid, welcome, euro) = grants.withLock { ($0[0], $0[1], $0[2]) }
            #expect(try await Self.uses(story, welcome) == ["grant 7000", "burn -3000", "burn -3000", "expiry -1000"])
            #expect(try await Self.uses(story, paid) == ["grant 10000", "burn -3000"])
            #expect(try await Self.uses(story, euro) == ["grant 500"])
            let left = try await story.service.send("GET", "/prepaid-credits/\(Self.tenant)").json
            #expect(left.arrayValue?.map { $0["available"]?.intValue } == [500, 7_000])

            // What was taken back stays so: what comes back from an invoice is taken back, too.
            let service = story.service
            #expect(try await service.send("POST", "\(paid)/revoke").status == 204)
            let last = try await service.database.texts(
                "SELECT id::text FROM main.invoice WHERE issued_on = '2027-03-01'")
            let credited = try await service.send(
                "POST", "/billing-invoices/\(last[0])/credit-notes", ["destination": "refund", "reason": "An outage"])
            #expect(credited.status == 201, "\(credited.text)")
            #expect(
                try await Self.uses(story, paid)
                    == ["grant 10000", "burn -3000", "revoke -7000", "return 3000", "revoke -3000"])
            try await Self.addsUp(story)

            let months = "from=2027-01&to=2027-03&testClocks=true"
            let mrr = try await service.send("GET", "/reports/mrr?\(months)").json
            #expect(mrr.arrayValue?.map { $0["closing"]?.intValue } == [3000, 3000, 3000], "\(mrr)")
            let items = try await service.send(
                "GET", "/reports/mrr/items?month=2027-03&currency=USD&testClocks=true")
            #expect(items.json == [["tenantId": .identifier(Self.tenant), "amount": 3000]], "\(items.text)")
            #expect(try await service.send("GET", "/reports/mrr?from=2027-01&to=2027-03").json == [])
        }
    }

    @Test func `credit for the use of a meter pays what that costs after the coupon and with its tax`() async throws {
        try await Story.tell(
            from: "2027-01-01", price: 10,
            [
                "coupon": ["type": "percent", "value": "50", "periods": 12],
                "taxes": [["name": "VAT", "rate": "20"]],
            ]
        ) { service, plan in
            try await Self.price(service, plan, "calls", "sum", "0.10")
            try await Self.grant(service, 10_000, ["meters": ["calls"]])
        } _: { story in
            try await story.advance(to: "2027-01-25")
            let used = try await story.service.use(
                TestService.event("1", "calls", "100", at: "2027-01-05T09:00:00Z"))
            #expect(used.status == 200, "\(used.text)")
            try await story.advance(to: "2027-02-01")
            // Half of 10.00 for the month and of 10.00 for calls, each with 20 %.
            try await story.bills("2027-01-01 600", "2027-02-01 1200")
            #expect(try await story.column("coalesce(credited, 0)") == ["0", "600"])
            #expect(try await story.column("invoice_status") == ["open", "open"])
            try await Self.addsUp(story)
        }
    }

    @Test func `a refund gives credit back before money, and never more than was paid`() async throws {
        let grants = Mutex("")
        try await Story.tell(from: "2027-01-01", price: 100) { service, _ in
            let grant = try await Self.grant(service, 4_000, ["isPaid": true])
            grants.withLock { $0 = grant }
        } _: { story in
            let (service, grant) = (story.service, grants.withLock { $0 })
            let invoice = try #require(try await service.database.texts("SELECT id::text FROM main.invoice").first)
            #expect(try await story.column("(total - credited)") == ["6000"])
            let paid = try await service.send("POST", "/billing-invoice/\(invoice)/payments", [:])
            #expect(paid.status == 204, "\(paid.text)")
            func refund(_ amount: Int) async throws -> TestResponse {
                try await service.send(
                    "POST", "/billing-invoices/\(invoice)/credit-notes",
                    ["destination": "refund", "lines": [["position": 1, "amount": .integer(amount)]]])
            }
            let first = try await refund(5_000)
            #expect(first.status == 201, "\(first.text)")
            #expect(try await Self.uses(story, grant) == ["grant 4000", "burn -4000", "return 4000"])
            let tooMuch = try await refund(5_001)
            #expect(tooMuch.status == 422, "\(tooMuch.text)")
            let second = try await refund(5_000)
            #expect(second.status == 201, "\(second.text)")
            #expect(try await refund(1).status != 201)
            // 4,000 for the credit, which is there again, and 6,000 that came and went.
            let accounts = try await service.database.texts(
                """
                SELECT account::text || ' ' || sum(amount)::text FROM main.ledger_entries GROUP BY account HAVING sum(amount) <> 0 ORDER BY 1
                """)
            #expect(accounts == ["cash 4000", "credit_granted -4000"])
            try await Self.addsUp(story)
            try await story.advance(to: "2027-02-01")
            #expect(try await story.column("(total - credited)") == ["6000", "6000"])
        }
    }
}
