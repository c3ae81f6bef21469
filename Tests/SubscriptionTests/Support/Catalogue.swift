import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

/// Catalogue rows for tests.
extension TestService {
    /// The id of a seeded currency.
    func currency(_ code: String) async throws -> String {
        try await only("/currencies", where: "currencyCode", code)
    }

    /// The id of a seeded billing cycle.
    func cycle(_ name: String) async throws -> String {
        try await only("/billing-cycles", where: "cycleName", name)
    }

    /// Creates a plan and returns its id.
    func plan(
        price: JSONValue = 50, currency: String = "USD", cycle: String = "MONTHLY", size: String? = nil,
        metaData: JSONValue? = nil
    ) async throws -> String {
        var body: JSONObject = [
            "name": "Premium", "tier": "PREMIUM", "price": price,
            "currencyId": .string(try await self.currency(currency)),
            "billingCycleId": .string(try await self.cycle(cycle)),
        ]
        if let size { body["size"] = .string(size) }
        if let metaData { body["metaData"] = metaData }
        let response = try await send("POST", "/plans", .object(body))
        try #require(response.status == 201, "\(response.text)")
        return try #require(response.json["id"]?.stringValue)
    }

    /// Subscribes a tenant.
    func subscribe(
        _ tenant: Identifier = tenantA, to plan: String, status: Int = 0, token: String? = nil
    ) async throws -> TestResponse {
        try await send(
            "POST", "/subscriptions",
            ["subscriberId": .identifier(tenant), "planId": .string(plan), "status": .integer(status)], token: token)
    }

    /// Subscribes a tenant and returns the id.
    func subscription(
        _ tenant: Identifier = tenantA, to plan: String, status: Int = 0
    ) async throws -> String {
        let response = try await subscribe(tenant, to: plan, status: status)
        try #require(response.status == 201, "\(response.text)")
        return try #require(response.json["id"]?.stringValue)
    }

    /// How many events of a type were stored for a subscription.
    func events(_ type: String, of subscription: String) async throws -> Int {
        try await database.count(
            "SELECT count(*) FROM main.outbox WHERE type = $1 AND data->'subscription'->>'id' = $2",
            [.text(type), .text(subscription)])
    }

    private func only(_ path: String, where name: String, _ value: String) async throws -> String {
        let response = try await send("GET", "\(path)?filter[where][\(name)]=\(value)")
        return try #require(response.json.arrayValue?.first?["id"]?.stringValue, "\(response.text)")
    }
}
