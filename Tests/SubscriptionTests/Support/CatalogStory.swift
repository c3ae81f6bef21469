import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

/// Tenants on test clocks that show the same time as the service.
struct CatalogStory {
    let service: TestService
    private let clocks: [String]

    /// Runs a story that begins on 2026-01-31.
    static func run(_ body: (CatalogStory) async throws -> Void) async throws {
        try await TestService.run(environment: ["TEST_CLOCKS": "true", "ARC_ENV": "test"]) { service in
            var clocks: [String] = []
            for tenant in [TestService.tenantA, TestService.tenantB] {
                let clock = try await service.send(
                    "POST", "/test-clocks",
                    ["tenantId": .identifier(tenant), "name": "Story", "now": "2026-01-31T10:00:00.000Z"])
                clocks.append(try #require(clock.json["id"]?.stringValue, "\(clock.text)"))
            }
            try await body(CatalogStory(service: service, clocks: clocks))
        }
    }

    /// It becomes 10:00 of a day, and whatever is due by then is done.
    func advance(to day: String) async throws {
        let now = "\(day)T10:00:00.000Z"
        service.clock.set(try #require(Timestamp(iso8601: now)))
        for clock in clocks { try await service.advance(clock, to: now) }
    }

    /// Makes a version of a plan.
    @discardableResult
    func version(of plan: String, _ body: JSONValue, _ status: Int = 201) async throws -> TestResponse {
        let response = try await service.send("POST", "/plans/\(plan)/versions", body)
        #expect(response.status == status, "\(response.text)")
        return response
    }

    /// Asks for a subscription that the engine bills.
    func subscribing(
        _ tenant: Identifier, to plan: String, _ members: JSONObject = [:]
    ) async throws -> TestResponse {
        var body: JSONObject = [
            "subscriberId": .identifier(tenant), "planId": .string(plan), "status": 1, "quantity": "1",
        ]
        for (name, value) in members { body[name] = value }
        return try await service.send("POST", "/subscriptions", .object(body))
    }

    /// Subscribes, and returns the id.
    func subscribe(_ tenant: Identifier, to plan: String, _ members: JSONObject = [:]) async throws -> String {
        let response = try await subscribing(tenant, to: plan, members)
        try #require(response.status == 201, "\(response.text)")
        return try #require(response.json["id"]?.stringValue)
    }

    /// Does something to a subscription.
    func act(
        _ subscription: String, _ action: String, _ body: JSONValue = [:], status: Int = 200
    ) async throws -> JSONValue {
        let response = try await service.send("POST", "/subscriptions/\(subscription)/\(action)", body)
        #expect(response.status == status, "\(action): \(response.text)")
        return response.json
    }

    /// The totals of all invoices of a subscription in minor units with their currency, in their order.
    func totals(_ subscription: String) async throws -> [String] {
        try await service.database.texts(
            """
            SELECT total || ' ' || currency_code FROM main.invoice WHERE subscription_id = $1::uuid
            ORDER BY ordinal NULLS FIRST
            """, [.text(subscription)])
    }

    /// What a change of the prices of subscribers has come to.
    struct Repriced {
        /// The row, once it is done.
        let run: JSONValue
        /// `difference effectiveOn` of those that are affected.
        let affected: [String: String]
        /// Why others are not.
        let reasons: [String: String]
    }

    /// Gives subscribers the price of a version, or finds out what that means.
    func reprice(_ version: String, dryRun: Bool) async throws -> Repriced {
        let started = try await service.send("POST", "\(version)/repricings", ["dryRun": .bool(dryRun)])
        return try await repriced(try #require(started.location, "\(started.text)"))
    }

    /// Puts a change of prices back to where it was when its worker was killed.
    /// - Parameter cursor: SQL of the last subscription that it had stored.
    func interrupt(_ repricing: String, behind cursor: String, isDue: Bool = true) async throws {
        _ = try await service.database.texts(
            """
            UPDATE main.plan_repricings SET state = 'running', last_subscription_id = \(cursor), totals = NULL, checked = 0,
                affected = (SELECT count(*) FROM main.repriced_subscriptions
                    WHERE repricing_id = plan_repricings.id AND state = 'affected' AND subscription_id <= \(cursor)),
                skipped = (SELECT count(*) FROM main.repriced_subscriptions
                    WHERE repricing_id = plan_repricings.id AND state = 'skipped' AND subscription_id <= \(cursor)),
                due_at = \(isDue ? "now()" : "NULL")
            WHERE id = $1::uuid RETURNING id::text
            """, [.text(repricing)])
    }

    /// What a change of prices has come to, once it is done.
    func repriced(_ path: String) async throws -> Repriced {
        try await eventually("it is done") { try await service.send("GET", path).json["state"] == "done" }
        var (affected, reasons): ([String: String], [String: String]) = ([:], [:])
        let list = try await service.send("GET", "\(path)/subscriptions")
        for row in try #require(list.json.arrayValue, "\(list.status) \(list.text)") {
            let id = row["subscriptionId"]?.stringValue ?? ""
            if let reason = row["reason"]?.stringValue {
                reasons[id] = reason
            } else {
                affected[id] = "\(row["difference"]?.stringValue ?? "") \(row["effectiveOn"]?.stringValue ?? "")"
            }
        }
        return Repriced(run: try await service.send("GET", path).json, affected: affected, reasons: reasons)
    }

    /// How many notices of a new price there are.
    func notices(_ subscription: String) async throws -> Int {
        try await service.database.count(
            "SELECT count(*) FROM main.outbox WHERE type = 'SUBSCRIPTION_REPRICED' AND data ->> 'subscriptionId' = $1",
            [.text(subscription)])
    }

    /// Makes an add-on, and returns its id.
    func addOn(
        _ key: String, _ amount: String, _ rules: JSONValue = [:], _ features: JSONValue = [:]
    ) async throws -> String {
        let response = try await service.send(
            "POST", "/add-ons",
            [
                "key": .string(key), "name": .string("Add-on \(key)"), "rules": rules, "features": features,
                "prices": [["currency": "USD", "amount": .string(amount)]],
            ])
        return try #require(response.json["id"]?.stringValue, "\(response.text)")
    }
}
