import JSONCoding
import MessageBus
import Primitives

/// An entry of `PutEvents`.
struct EventBridgeEntry: Sendable {
    private let event: EventEnvelope
    private let configuration: EventBridgeConfiguration
    private let detail: String

    /// - Throws: `EventEnvelopeError` when the content of the event is not a JSON object.
    init(_ event: EventEnvelope, _ configuration: EventBridgeConfiguration) throws(EventEnvelopeError) {
        self.event = event
        self.configuration = configuration
        detail = String(decoding: JSONValue.object(try EventBridgeDetail.detail(of: event)).serialized(), as: UTF8.self)
    }

    /// What counts towards the limit of EventBridge: 14 bytes for the time, and the texts.
    var size: Int { 14 + configuration.source.utf8.count + event.type.utf8.count + detail.utf8.count }

    var json: JSONValue {
        [
            "Time": .double(Double(event.occurredAt.milliseconds) / 1000), "Source": .string(configuration.source),
            "DetailType": .string(event.type), "Detail": .string(detail),
            "EventBusName": .string(configuration.busName),
        ]
    }
}
