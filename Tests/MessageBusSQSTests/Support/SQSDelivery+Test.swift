import JSONCoding
import MessageBusTestSupport
import Primitives
import Testing

@testable import MessageBusSQS

extension SQSDelivery {
    /// A delivery without a queue.
    /// - Parameters:
    ///   - id: Of its message.
    ///   - lane: Its message group; nil for one of a queue without order.
    static func test(_ id: String, lane: String?) throws -> SQSDelivery {
        let message: JSONValue = [
            "MessageId": .string(id), "ReceiptHandle": "r", "Body": "{}",
            "Attributes": ["MessageGroupId": .string(lane ?? "")],
        ]
        return SQSDelivery(
            message: try #require(IncomingMessage(message)), event: try numbered(1, of: .v4()), group: "g", failures: 0,
            isOrdered: lane != nil)
    }
}
