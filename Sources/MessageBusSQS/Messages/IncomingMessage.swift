import JSONCoding
import Primitives

/// A message that was received.
struct IncomingMessage: Sendable {
    let id: String
    let receipt: String
    let body: String
    private let attributes: JSONObject
    private let systemAttributes: JSONObject

    /// Nil for an answer without the members that every message has.
    init?(_ message: JSONValue) {
        guard let id = message["MessageId"]?.stringValue, let receipt = message["ReceiptHandle"]?.stringValue,
            let body = message["Body"]?.stringValue
        else { return nil }
        self.id = id
        self.receipt = receipt
        self.body = body
        attributes = message["MessageAttributes"]?.objectValue ?? [:]
        systemAttributes = message["Attributes"]?.objectValue ?? [:]
    }

    /// What identifies an event without its own identifier: the message, or the one that a dead letter was made of.
    var identity: String { attribute(MessageAttribute.eventID) ?? id }

    /// The text of an attribute that the sender has set.
    func attribute(_ name: String) -> String? { attributes[name]?["StringValue"]?.stringValue }

    var sentAt: Timestamp? {
        systemAttributes["SentTimestamp"]?.stringValue.flatMap { Int64($0) }.map { Timestamp(milliseconds: $0) }
    }

    /// How often it was received, also when nothing was done with it.
    var receptions: Int {
        systemAttributes["ApproximateReceiveCount"]?.stringValue.flatMap { Int($0) } ?? 1
    }

    /// What the order holds within, on a queue with order.
    var group: String? { systemAttributes["MessageGroupId"]?.stringValue }
}
