/// The work that handlers are busy with, and how long it belongs to us. Pure state.
struct WorkInFlight<Item: LeasedItem>: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Entry {
        let item: Item
        var leaseEnd: Instant
        var cancel: (@Sendable () -> Void)?
    }

    private var entries: [Item.Handle: Entry] = [:]
    private var bulkheads: [String: Int] = [:]

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }
    var items: [Item] { entries.values.map(\.item) }

    /// - Returns: False when one of the item's bulkheads is full; the item has a place all the same, for the time that
    ///   it takes to give it back.
    mutating func start(_ item: Item, leaseEnd: Instant, bulkheadSize: Int?) -> Bool {
        let isAdmitted = item.bulkheads.allSatisfy { bulkheads[$0, default: 0] < bulkheadSize ?? .max }
        entries[item.handle] = Entry(item: item, leaseEnd: leaseEnd)
        for bulkhead in item.bulkheads { bulkheads[bulkhead, default: 0] += 1 }
        return isAdmitted
    }

    /// Remembers how the handler of an item is cancelled.
    mutating func attach(_ cancel: @escaping @Sendable () -> Void, to handle: Item.Handle) {
        entries[handle]?.cancel = cancel
    }

    mutating func end(_ handle: Item.Handle) {
        guard let entry = entries.removeValue(forKey: handle) else { return }
        for bulkhead in entry.item.bulkheads {
            let others = bulkheads[bulkhead, default: 1] - 1
            bulkheads[bulkhead] = others > 0 ? others : nil
        }
    }

    /// The bulkheads that have no place left.
    func fullBulkheads(size: Int?) -> Set<String> {
        guard let size else { return [] }
        return Set(bulkheads.lazy.filter { $0.value >= size }.map(\.key))
    }

    /// Records which leases were renewed.
    /// - Parameter kept: The handles whose claim is still valid; nil when it is not known because the store did not
    ///   answer: then those are lost whose lease has ended.
    /// - Returns: How to cancel the handlers whose work belongs to somebody else by now.
    mutating func renewed(
        _ items: [Item], kept: Set<Item.Handle>?, leaseEnd: Instant, now: Instant
    ) -> [@Sendable () -> Void] {
        var lost: [@Sendable () -> Void] = []
        for item in items {
            guard let entry = entries[item.handle] else { continue }
            if kept?.contains(item.handle) ?? false {
                entries[item.handle]?.leaseEnd = leaseEnd
            } else if kept != nil || entry.leaseEnd <= now, let cancel = entry.cancel {
                lost.append(cancel)
            }
        }
        return lost
    }
}
