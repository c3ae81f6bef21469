import MessageBus
import Primitives
import WorkQueue

/// An event in a message that belongs to this process until its visibility timeout ends.
struct SQSDelivery: Delivery {
    /// A message under one reception.
    struct Handle: Hashable, Sendable {
        let message: String
        let receipt: String
    }

    let message: IncomingMessage
    let event: EventEnvelope
    let group: String
    let failures: Int
    /// Whether its queue keeps the order.
    let isOrdered: Bool

    var handle: Handle { Handle(message: message.id, receipt: message.receipt) }

    /// What the queue keeps the order within; queues without order have none that could be kept.
    var lane: String? { isOrdered ? message.group ?? event.orderingKey.description : nil }
}
