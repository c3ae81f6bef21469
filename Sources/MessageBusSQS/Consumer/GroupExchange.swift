import MessageBus
import Synchronization

/// The subscriptions of this process, by group. Each receives messages from the queue of the group, and hands those of types that it
/// does not ask for to another subscription of the group.
final class GroupExchange: Sendable {
    private let members = Mutex<[String: [ObjectIdentifier: SQSInbox]]>([:])

    func join(_ inbox: SQSInbox) {
        members.withLock { $0[inbox.subscription.group, default: [:]][ObjectIdentifier(inbox)] = inbox }
    }

    func leave(_ inbox: SQSInbox) {
        members.withLock { _ = $0[inbox.subscription.group]?.removeValue(forKey: ObjectIdentifier(inbox)) }
    }

    /// A subscription of the group that asks for a type of event; the given one if it does.
    func taker(of type: String, group: String, first: SQSInbox) -> SQSInbox? {
        if first.subscription.types.contains(type) { return first }
        return members.withLock { $0[group]?.values.first { $0.subscription.types.contains(type) } }
    }
}
