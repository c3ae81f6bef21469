import JSONCoding
import MessageBus
import Primitives
import ServicePlatform

/// Records when keys were used on other services.
///
/// Deliveries leave no mark in the inbox: an earlier use changes nothing.
struct APIKeyUseConsumer: Sendable {
    static let group = "tenant-management-api-keys"
    static let types: Set<String> = [EventType.apiKeysUsed]

    let repository: APIKeyRepository

    func handle(_ delivery: EventDelivery) async throws {
        let data = try? JSONValue.parse(stored: delivery.event.data)
        guard let uses = data?["uses"]?.arrayValue else {
            throw EventRejection(reason: "the event does not contain uses")
        }
        try await repository.record(
            uses.compactMap { use in
                guard let key = use["keyId"]?.stringValue.flatMap({ Identifier($0) }),
                    let instant = use["usedOn"]?.stringValue.flatMap({ Timestamp(iso8601: $0) })
                else { return nil }
                return APIKeyUses.Use(key: key, instant: instant, rehash: Self.rehash(use))
            })
    }

    private static func rehash(_ use: JSONValue) -> APIKeyUses.Rehash? {
        guard let former = use["formerHash"]?.stringValue.flatMap(Hex.decode),
            let current = use["hash"]?.stringValue.flatMap(Hex.decode), current.count == 32
        else { return nil }
        return APIKeyUses.Rehash(former: former, current: current)
    }
}
