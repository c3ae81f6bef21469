import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

/// A tenant that lives on a test clock, with a subscription of its own: what stories are told of.
struct Story {
    let service: TestService
    private let clock: String
    /// `/subscriptions/{id}`.
    private let path: String

    /// Subscribes a tenant on the first day, at noon UTC, and tells what happens then.
    /// - Parameters:
    ///   - day: A date, or an instant.
    ///   - price: Of the plan, for a unit.
    ///   - members: Of `POST /subscriptions`, beside subscriber, plan and status, which is ACTIVE.
    ///   - prepare: What the tenant finds: gets the plan.
    static func tell(
        from day: String, price: JSONValue, currency: String = "USD", cycle: String = "MONTHLY",
        _ members: JSONObject = [:], prepare: (TestService, _ plan: String) async throws -> Void = { _, _ in },
        _ body: (Story) async throws -> Void
    ) async throws {
        try await TestService.run(environment: ["TEST_CLOCKS": "true", "ARC_ENV": "test"]) { service in
            let clock = try await service.send(
                "POST", "/test-clocks",
                ["tenantId": .identifier(TestService.tenantA), "now": .string(Self.instant(day))])
            try #require(clock.status == 201, "\(clock.text)")
            if currency == "BHD" {
                let dinar: JSONValue = [
                    "currencyCode": "BHD", "currencyName": "Bahraini Dinar", "symbol": "BD", "country": "Bahrain",
                ]
                try #require(try await service.send("POST", "/currencies", dinar).status == 201)
            }
            let plan = try await service.plan(price: price, currency: currency, cycle: cycle)
            try await prepare(service, plan)
            let story = Story(
                service: service, clock: try #require(clock.json["id"]?.stringValue),
                path: try await subscribe(plan, members, service))
            try await body(story)
        }
    }

    /// Another subscription of the tenant.
    func another(_ plan: String, _ members: JSONObject) async throws -> Story {
        Story(service: service, clock: clock, path: try await Self.subscribe(plan, members, service))
    }

    /// Moves the tenant's time, and waits for what became due.
    func advance(to day: String) async throws { try await service.advance(clock, to: Self.instant(day)) }

    /// Does something on a day.
    /// - Returns: The answer.
    @discardableResult func on(
        _ day: String, _ action: String, _ body: JSONValue = [:], status: Int = 200
    ) async throws -> JSONValue {
        try await advance(to: day)
        let answer = try await service.send("POST", "\(path)/\(action)", body)
        #expect(answer.status == status, "\(action) on \(day): \(answer.text)")
        return answer.json
    }

    /// Expects these invoices, and no others: the day of each with what is to be paid, in minor units.
    func bills(_ invoices: String..., comment: Comment? = nil) async throws {
        let id = String(path.split(separator: "/")[1])
        let stored = try await service.database.texts(
            "SELECT concat_ws(' ', issued_on, total) FROM main.invoice WHERE subscription_id = $1::uuid ORDER BY ordinal",
            [.text(id)])
        #expect(stored == invoices, comment)
    }

    /// Expects the status, and the day that the row shows as the end.
    func ends(_ end: String, status: Int) async throws {
        let row = try await service.send("GET", path).json
        #expect(row["endDate"] == .string(end) && row["status"] == .integer(status), "\(row)")
    }

    /// What was billed of one column, in minor units or as text.
    func column(_ name: String) async throws -> [String] {
        let id = String(path.split(separator: "/")[1])
        return try await service.database.texts(
            "SELECT \(name)::text FROM main.invoice WHERE subscription_id = $1::uuid ORDER BY ordinal", [.text(id)])
    }

    func send(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> TestResponse {
        try await service.send(method, self.path + path, body)
    }

    private static func subscribe(
        _ plan: String, _ members: JSONObject, _ service: TestService
    ) async throws -> String {
        var body: JSONObject = [
            "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 1,
        ]
        for (name, value) in members { body[name] = value }
        // What the engine bills needs one of its members.
        if members.isEmpty { body["quantity"] = "1" }
        let created = try await service.send("POST", "/subscriptions", .object(body))
        try #require(created.status == 201, "\(created.text)")
        return "/subscriptions/\(try #require(created.json["id"]?.stringValue))"
    }

    private static func instant(_ day: String) -> String { day.contains("T") ? day : "\(day)T12:00:00Z" }
}
