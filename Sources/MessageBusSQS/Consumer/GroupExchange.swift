import MessageBus
import Synchronization

/// The subscriptions of this process: they receive from the queues of their groups, and hand each other what is for another
/// subscription of the group.
final class GroupExchange: Sendable {
    private let members = Mutex<[String: [ObjectIdentifier: SQSInbox]]>([:])

    func join(_ inbox: SQSInbox) {
        members.withLock { $0[inbox.subscription.group, default: [:]][ObjectIdentifier(inbox)] = inbox }
    }

    func leave(_ inbox: SQSInbox) {
        members.withLock { _ = $0[inbox.subscription.group]?.removeValue(forKey: ObjectIdentifier(inbox)) }
    }

    /// Somebody who wants a type of event.
    func taker(of type: String, group: String, first: SQSInbox) -> SQSInbox? {
        if first.subscription.types.contains(type) { return first }
        return members.withLock { $0[group]?.values.first { $0.subscription.types.contains(type) } }
    }
}
