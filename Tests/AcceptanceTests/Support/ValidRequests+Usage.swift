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
        default: return nil
        }
    }

    /// The id of a tenant that has a value of a feature of its own.
    private func entitledTenant() async throws -> String {
        try await create("/feature-values").string("strategyEntityId")
    }
}
