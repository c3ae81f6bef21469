import Primitives

/// What the consumer loop needs from a bus that keeps deliveries: see ``EventConsumer``.
///
/// Every change names the claim under which the delivery was taken, and has no effect when the claim is no longer
/// valid, because the lease ended and another consumer took over.
protocol DeliveryQueue: Sendable {
    /// Makes the group known with these types (added to those it had), and hands it the events of new types that the
    /// bus still keeps.
    func register(_ subscription: Subscription) async throws(MessageBusError)

    /// Takes the first pending delivery of up to `limit` ordering keys, oldest first.
    func claim(
        _ subscription: Subscription, limit: Int, claim: Identifier, now: Timestamp, until: Timestamp
    ) async throws(MessageBusError) -> [ClaimedDelivery]

    /// Ends a delivery. Returns false when the claim was no longer valid.
    func settle(
        _ delivery: ClaimedDelivery, _ settlement: Settlement, now: Timestamp
    ) async throws(MessageBusError) -> Bool

    /// Gives back everything under a claim.
    func release(_ subscription: Subscription, claim: Identifier) async throws(MessageBusError)

    /// Prolongs the lease of deliveries. Returns the positions of those whose claim is still valid.
    func extend(
        _ deliveries: [ClaimedDelivery], until: Timestamp
    ) async throws(MessageBusError) -> Set<Int64>

    /// When the next delivery becomes visible that is not now, if there is one.
    func nextDue(_ subscription: Subscription, after now: Timestamp) async throws(MessageBusError) -> Timestamp?

    /// Rings the bell whenever there may be something new for the group, until the task is cancelled.
    func watch(_ subscription: Subscription, _ bell: WakeUp) async
}

/// Who wants which events.
struct Subscription: Sendable, Hashable {
    let group: String
    let types: Set<String>

    /// Checks the names.
    init(group: String, types: Set<String>) throws(MessageBusError) {
        let isName = (1...100).contains(group.utf8.count) && group.utf8.allSatisfy(Self.isGroupCharacter)
        guard isName else { throw .invalidSubscription(reason: "group name") }
        guard !types.isEmpty, types.allSatisfy(EventEnvelope.isValid(type:)) else {
            throw .invalidSubscription(reason: "event types")
        }
        self.group = group
        self.types = types
    }

    private static func isGroupCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

/// A delivery that belongs to a consumer for the length of a lease.
struct ClaimedDelivery: Sendable {
    let event: EventEnvelope
    let group: String
    let position: Int64
    /// Failed attempts so far.
    let failures: Int
    let claim: Identifier
}

/// How a delivery ends.
enum Settlement: Sendable {
    /// It was handled.
    case done
    /// It is to come again.
    case retry(at: Timestamp, reason: String)
    /// It is given up on.
    case dead(reason: String)
    /// It is given back untried.
    case released
}
