import Foundation
import JSONCoding
import Primitives
import StackTestSupport

/// Usage of a tenant that exists.
extension ValidRequests {
    func usage(_ operation: APIDocument.Operation) async throws -> Request? {
        switch operation.name {
        case "POST /usage-events":
            let meter = try await create("/meters").string("key")
            let tenant = try await entitledTenant()
            return Request(
                path: operation.path,
                body: [
                    "events": [
                        [
                            "id": .string(TestStack.uniqueKey()), "tenantId": .string(tenant),
                            "meter": .string(meter), "at": .string(Date.now.ISO8601Format()), "quantity": "1",
                        ]
                    ]
                ], token: stack.admin)
        case "GET /prepaid-credits/{tenantId}":
            return Request(path: "/prepaid-credits/\(try await entitledTenant())", token: stack.admin)
        case "GET /reports/mrr/items", "GET /reports/churn/items":
            return Request(path: "\(operation.path)?month=2026-01&currency=USD", token: stack.admin)
        case "GET /reports/receivables-aging/items":
            return Request(path: "\(operation.path)?currency=USD&overdue=current", token: stack.admin)
        case "GET /reports/tenants/items":
            return Request(path: "\(operation.path)?tenantId=\(Identifier.v4())&currency=USD", token: stack.admin)
        case "GET /entitlements/{tenantId}":
            // Of one feature: others are made while the answer is compared with the next one.
            let (tenant, feature) = (try await entitledTenant(), try await meteredFeature())
            return Request(path: "/entitlements/\(tenant)?feature=\(feature)", token: stack.admin)
        case "POST /entitlements/{tenantId}/token":
            return Request(
                path: "/entitlements/\(try await entitledTenant())/token",
                body: ["features": [.string(try await meteredFeature())]], token: stack.admin)
        case "POST /entitlements/{tenantId}/reserve":
            return Request(
                path: "/entitlements/\(try await entitledTenant())/reserve",
                body: ["feature": .string(try await meteredFeature()), "quantity": "1", "ttlSeconds": 60],
                token: stack.admin)
        case "POST /entitlements/{tenantId}/reservations/{reservationId}/commit",
            "POST /entitlements/{tenantId}/reservations/{reservationId}/release":
            let tenant = try await entitledTenant()
            let body: JSONValue = ["feature": .string(try await meteredFeature()), "quantity": "1"]
            let reservation = try await stack.subscription.post(
                "/entitlements/\(tenant)/reserve", body, token: stack.admin
            ).expect(200).string("id")
            let end = operation.path.split(separator: "/").last ?? ""
            return Request(
                path: "/entitlements/\(tenant)/reservations/\(reservation)/\(end)",
                body: operation.body.map { _ in [:] },
                token: stack.admin)
        default: return nil
        }
    }

    /// The id of a tenant that has a value of a feature of its own.
    private func entitledTenant() async throws -> String {
        try await create("/feature-values").string("strategyEntityId")
    }

    /// The key of a feature without a value that limits a meter.
    private func meteredFeature() async throws -> String {
        let key = TestStack.uniqueKey()
        let feature: JSONValue = ["name": .string(key), "key": .string(key), "defaultValue": "unlimited"]
        try await stack.subscription.post("/features", feature, token: stack.admin).expect(201)
        let meter: JSONValue = [
            "name": .string(key), "key": .string(key), "aggregation": "sum", "featureKey": .string(key),
        ]
        try await stack.subscription.post("/meters", meter, token: stack.admin).expect(201)
        return key
    }
}
