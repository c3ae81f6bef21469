package import Logging
package import Primitives
package import WorkQueue

/// An event on its way to a consumer group, as a bus claims it for a worker.
///
/// Each connector has a store for its kind of deliveries, and decides what identifies a claim: position and claim
/// identifier, a receipt, or a lock token.
package protocol Delivery: LeasedItem {
    var event: EventEnvelope { get }
    var group: String { get }
}

extension Delivery {
    /// The ordering key.
    package var lane: String? { event.orderingKey.description }

    package var description: WorkDescription {
        WorkDescription(
            queue: "events.\(group)", kind: event.type, id: event.id.description, attempt: failures + 1,
            trace: event.trace, metadata: event.tenantID.map { ["tenantId": "\($0)"] } ?? [:])
    }
}

/// A delivery of the buses that keep theirs in order of a position: PostgreSQL and in-process.
struct ClaimedDelivery: Delivery {
    /// A position under a claim.
    struct Handle: Hashable, Sendable {
        let position: Int64
        let claim: Identifier
    }

    let handle: Handle
    let event: EventEnvelope
    let group: String
    let failures: Int

    var position: Int64 { handle.position }
}

extension LeasedWorker where Store.Item: Delivery, Store.Output == Void {
    /// The worker of a subscription.
    package convenience init(
        deliveries store: Store, configuration: WorkerConfiguration, logger: Logger, handler: @escaping EventHandler
    ) {
        self.init(store: store, configuration: configuration, logger: logger) { delivery in
            guard delivery.event.concerns(group: delivery.group) else { return .done(()) }
            try await handler(
                EventDelivery(event: delivery.event, group: delivery.group, attempt: delivery.failures + 1))
            return .done(())
        }
    }
}
