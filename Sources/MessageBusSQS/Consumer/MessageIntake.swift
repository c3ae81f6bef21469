import MessageBus
import WorkQueue

/// The messages that a subscription has received and no worker has claimed yet, and the demand for more. Pure state.
struct MessageIntake: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What to receive.
    struct Demand: Sendable, Hashable {
        let limit: Int
        let lease: Duration
    }

    private struct Entry {
        let delivery: SQSDelivery
        let receivedAt: Instant
    }

    /// When so many messages wait, no more are taken.
    static let capacity = 100

    private var entries: [Entry] = []
    private var demand: Demand?
    private var failure: MessageBusError?

    /// The result of a claim.
    struct Claim: Sendable {
        var items: [SQSDelivery] = []
        /// What must go back to the queue: the rest of lanes of which the first messages were taken.
        var returned: [SQSDelivery] = []
        /// What has waited here for so long that it may belong to another process soon.
        var expired: [SQSDelivery] = []
        /// The failure since the last claim.
        var failure: MessageBusError?
    }

    /// Takes what is there, lane by lane; asks for more when nothing is.
    mutating func claim(_ request: ClaimRequest, now: Instant) -> Claim {
        var claim = Claim()
        if let failure {
            self.failure = nil
            claim.failure = failure
            return claim
        }
        let oldest = now.advanced(by: .zero - request.lease / 2)
        claim.expired = entries.lazy.filter { $0.receivedAt < oldest }.map(\.delivery)
        entries.removeAll { $0.receivedAt < oldest }
        var lanes: [String] = []
        var byLane: [String: [SQSDelivery]] = [:]
        for entry in entries {
            let lane = entry.delivery.lane ?? "message \(entry.delivery.message.id)"
            if byLane[lane] == nil { lanes.append(lane) }
            byLane[lane, default: []].append(entry.delivery)
        }
        var taken: Set<SQSDelivery.Handle> = []
        for lane in lanes.prefix(request.limit) {
            let deliveries = byLane[lane] ?? []
            claim.items += deliveries.prefix(request.runLength)
            claim.returned += deliveries.dropFirst(request.runLength)
            taken.formUnion(deliveries.map(\.handle))
        }
        entries.removeAll { taken.contains($0.delivery.handle) }
        if claim.items.isEmpty { demand = Demand(limit: min(request.limit, 10), lease: request.lease) }
        return claim
    }

    /// What to receive now; asked for once.
    mutating func takeDemand() -> Demand? {
        defer { demand = nil }
        return demand
    }

    /// Nothing came: the demand is still there, unless there is a newer one.
    mutating func foundNothing(for unmet: Demand) { demand = demand ?? unmet }

    mutating func failed(_ error: MessageBusError) { failure = error }

    /// Takes all messages of one answer, or none: a claim between two messages of a lane would let both be handled side by side.
    /// What was asked for meanwhile no longer counts: the next claim says what there is still room for.
    /// - Returns: False when there is no room.
    mutating func received(_ deliveries: [SQSDelivery], now: Instant) -> Bool {
        demand = nil
        guard entries.count < Self.capacity else { return false }
        entries += deliveries.map { Entry(delivery: $0, receivedAt: now) }
        return true
    }

    /// Everything that is left at the end.
    mutating func removeAll() -> [SQSDelivery] {
        defer { entries = [] }
        return entries.map(\.delivery)
    }
}
