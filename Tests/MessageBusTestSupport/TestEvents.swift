import JSONCoding
package import MessageBus
package import Primitives
import TestSupport

/// Events as the tests need them: numbered within a tenant, the number in `data`.
package func numbered(
    _ number: Int, of tenant: Identifier?, type: String = "TENANT_CREATED"
) throws -> EventEnvelope {
    let now = SystemClock().now()
    return try EventEnvelope(
        id: .v7(at: now), type: type, tenantID: tenant, occurredAt: now, data: Array("{\"number\":\(number)}".utf8))
}

extension EventEnvelope {
    /// The number that ``numbered(_:of:type:)`` gave it.
    package var number: Int {
        get throws {
            guard let number = try JSONValue.parse(data)["number"]?.intValue else {
                throw TestFailure("\(type) has no number")
            }
            return number
        }
    }
}

/// Numbers by tenant, in the order of the events.
package func numbersByTenant(_ events: [EventEnvelope]) throws -> [Identifier: [Int]] {
    var numbers: [Identifier: [Int]] = [:]
    for event in events { numbers[event.orderingKey, default: []].append(try event.number) }
    return numbers
}

/// Runs services beside a body, and cancels them when it is done.
package func running(
    _ services: [@Sendable () async throws -> Void], _ body: () async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for service in services { group.addTask { try await service() } }
        try await body()
        group.cancelAll()
    }
}
