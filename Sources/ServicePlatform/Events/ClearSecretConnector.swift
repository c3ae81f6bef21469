import JSONCoding
import MessageBus
import Primitives
import Sealing

/// Opens the secrets of events before they are published (`EVENT_SECRETS=clear`): for consumers that know only the payload of
/// the original, whose `secret` is in clear (docs/contract/arc-api.md 9.3). The outbox keeps them sealed.
struct ClearSecretConnector: EventConnector, BusMemory {
    private let connector: any EventConnector
    private let sealer: EventSecretSealer

    init(_ connector: any EventConnector, sealer: EventSecretSealer) {
        self.connector = connector
        self.sealer = sealer
    }

    var maximumBatchSize: Int { connector.maximumBatchSize }
    var maximumRunLength: Int { connector.maximumRunLength }

    func publish(_ events: [EventEnvelope]) async throws(MessageBusError) -> [PublishOutcome] {
        var opened: [EventEnvelope] = []
        var outcomes: [PublishOutcome?] = []
        for event in events {
            do {
                opened.append(try Self.opened(event, sealer))
                outcomes.append(nil)
            } catch {
                outcomes.append(
                    .rejected(reason: "its secret was sealed under another DATA_ENCRYPTION_KEY"))
            }
        }
        var published = try await connector.publish(opened).makeIterator()
        return outcomes.map { $0 ?? published.next() ?? .held }
    }

    private static func opened(_ event: EventEnvelope, _ sealer: EventSecretSealer) throws -> EventEnvelope {
        guard var data = try? JSONValue.parse(stored: event.data).objectValue,
            let secret = data["secret"]?.stringValue
        else { return event }
        let clear = try sealer.open(secret, context: data["context"]?.stringValue)
        guard clear != secret else { return event }
        data["secret"] = .string(clear)
        return try EventEnvelope(
            id: event.id, type: event.type, version: event.version, tenantID: event.tenantID,
            occurredAt: event.occurredAt, trace: event.trace, replay: event.replay,
            data: JSONValue.object(data).serialized())
    }

    func check(_ outbox: String, at now: Timestamp) async throws(MessageBusError) -> BusRecollection {
        guard let memory = connector as? any BusMemory else { return .kept }
        return try await memory.check(outbox, at: now)
    }

    func recovered(_ outbox: String, at now: Timestamp, token: String) async throws(MessageBusError) -> Bool {
        guard let memory = connector as? any BusMemory else { return true }
        return try await memory.recovered(outbox, at: now, token: token)
    }
}
