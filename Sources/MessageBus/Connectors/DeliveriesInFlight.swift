import Primitives

/// The deliveries that handlers are at work on, and how long they belong to us. Pure state.
struct DeliveriesInFlight: Sendable {
    private struct Entry {
        let delivery: ClaimedDelivery
        var leaseEnd: Timestamp
        var task: Task<Void, any Error>?
    }

    /// By position.
    private var entries: [Int64: Entry] = [:]

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }
    var deliveries: [ClaimedDelivery] { entries.values.map(\.delivery) }

    mutating func start(_ delivery: ClaimedDelivery, until: Timestamp) {
        entries[delivery.position] = Entry(delivery: delivery, leaseEnd: until)
    }

    mutating func handle(_ delivery: ClaimedDelivery, by task: Task<Void, any Error>) {
        entries[delivery.position]?.task = task
    }

    mutating func end(_ delivery: ClaimedDelivery) {
        entries[delivery.position] = nil
    }

    /// Notes which leases were renewed.
    /// - Parameter kept: the positions whose claim still holds; nil when it is not known, because the bus did not
    ///   answer: then those are lost whose lease has run out.
    /// - Returns: The handlers whose event belongs to somebody else by now.
    mutating func renewed(
        _ deliveries: [ClaimedDelivery], kept: Set<Int64>?, until: Timestamp, now: Timestamp
    ) -> [Task<Void, any Error>] {
        var lost: [Task<Void, any Error>] = []
        for delivery in deliveries {
            guard let entry = entries[delivery.position], entry.delivery.claim == delivery.claim else { continue }
            if kept?.contains(delivery.position) ?? false {
                entries[delivery.position]?.leaseEnd = until
            } else if kept != nil || entry.leaseEnd <= now, let task = entry.task {
                lost.append(task)
            }
        }
        return lost
    }
}
