/// The work that handlers are busy with, and how long it belongs to this worker. Pure state.
struct WorkInFlight<Item: LeasedItem>: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Entry {
        let item: Item
        var leaseEnd: Instant
        var cancel: (@Sendable () -> Void)?
        /// The handler is being canceled.
        var isWithdrawn = false
        /// What ``Lease/commit()`` returned.
        var isCommitted: Bool?
    }

    private var entries: [Item.Handle: Entry] = [:]
    private var bulkheads: [String: Int] = [:]

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

    /// Whether the item still belongs to this worker, as far as it knows.
    func isHeld(_ handle: Item.Handle, at now: Instant) -> Bool {
        entries[handle].map { now < $0.leaseEnd } ?? false
    }

    /// Notes that an effect begins which cannot be taken back.
    /// - Returns: Whether it may.
    mutating func commit(_ handle: Item.Handle, at now: Instant) -> Bool {
        let mayBegin = isHeld(handle, at: now) && entries[handle]?.isWithdrawn == false
        entries[handle]?.isCommitted = mayBegin
        return mayBegin
    }

    /// Notes that a handler is to be canceled; its effect must not begin any more.
    /// - Returns: False when it has begun.
    mutating func withdraw(_ handle: Item.Handle) -> Bool {
        guard entries[handle]?.isCommitted != true else { return false }
        entries[handle]?.isWithdrawn = true
        return true
    }

    /// What ``commit(_:at:)`` returned; nil when it was not called.
    func isCommitted(_ handle: Item.Handle) -> Bool? { entries[handle]?.isCommitted }

    /// Remembers how the handler of an item is canceled.
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
    /// - Returns: How to cancel the handlers whose work may belong to another worker now.
    mutating func renewed(
        _ items: [Item], kept: Set<Item.Handle>?, leaseEnd: Instant, now: Instant
    ) -> [@Sendable () -> Void] {
        var lost: [@Sendable () -> Void] = []
        for item in items {
            guard let entry = entries[item.handle] else { continue }
            if kept?.contains(item.handle) ?? false {
                entries[item.handle]?.leaseEnd = leaseEnd
            } else if kept != nil || entry.leaseEnd <= now {
                entries[item.handle]?.leaseEnd = now
                if withdraw(item.handle), let cancel = entry.cancel { lost.append(cancel) }
            }
        }
        return lost
    }
}
