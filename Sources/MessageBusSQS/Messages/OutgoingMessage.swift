import JSONCoding
import MessageBus
import Primitives

/// A message on its way to a queue.
struct OutgoingMessage: Sendable {
    let body: String
    /// Attributes of type `String`; values must not be empty.
    var attributes: [(name: String, value: String)]
    /// What the order holds within; only queues with order get it.
    let group: String
    /// Repetitions within five minutes are dropped by queues with order.
    let deduplication: String

    init(body: String, attributes: [(name: String, value: String)], group: String, deduplication: String) {
        self.body = body
        self.attributes = attributes
        self.group = group
        self.deduplication = deduplication
    }

    /// An event.
    init(_ event: EventEnvelope) {
        self.init(
            body: MessageText.body(event.jsonBytes()), attributes: [(MessageAttribute.eventType, event.type)],
            group: event.orderingKey.description, deduplication: event.id.description)
    }

    /// What counts towards the limits of SQS: the body, and name, type and value of each attribute.
    var size: Int {
        attributes.reduce(body.utf8.count) { $0 + $1.name.utf8.count + "String".utf8.count + $1.value.utf8.count }
    }

    /// The members of an entry of a batch, without its identifier.
    func entry(isFIFO: Bool) -> JSONObject {
        var entry: JSONObject = ["MessageBody": .string(body)]
        if !attributes.isEmpty {
            entry["MessageAttributes"] = .object(
                JSONObject(
                    attributes.map { ($0.name, ["DataType": "String", "StringValue": .string($0.value)]) }))
        }
        if isFIFO {
            entry["MessageGroupId"] = .string(group)
            entry["MessageDeduplicationId"] = .string(deduplication)
        }
        return entry
    }
}

/// The names of message attributes.
enum MessageAttribute {
    /// The name of the event, as the original reads it.
    static let eventType = "EventType"
    /// What identifies a foreign event: a dead letter, and its repetition, are other messages than the one that failed.
    static let eventID = "EventId"
    // Of dead letters:
    static let group = "Group"
    static let attempts = "Attempts"
    static let lastError = "LastError"
    static let failedAt = "FailedAt"
}
