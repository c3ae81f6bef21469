import Synchronization

/// A fixed number of integers that many threads change without a lock.
///
/// `@unchecked Sendable`: the memory is accessed by atomic operations only, and freed with the last reference.
final class AtomicCells: @unchecked Sendable {
    private let cells: UnsafeMutablePointer<Atomic<Int64>>
    let count: Int

    init(count: Int) {
        self.count = count
        cells = .allocate(capacity: count)
        for index in 0..<count { (cells + index).initialize(to: Atomic(0)) }
    }

    deinit {
        cells.deinitialize(count: count)
        cells.deallocate()
    }

    func add(_ amount: Int64, at index: Int) {
        cells[index].wrappingAdd(amount, ordering: .relaxed)
    }

    func value(at index: Int) -> Int64 { cells[index].load(ordering: .relaxed) }
}
