import CoreMetrics
import Synchronization

/// A counter of swift-metrics: one atomic addition for each increment.
final class CounterSeries: CounterHandler {
    private let total = Atomic<Int64>(0)

    var value: Int64 { total.load(ordering: .relaxed) }

    /// Counters only grow.
    func increment(by amount: Int64) {
        if amount > 0 { total.wrappingAdd(amount, ordering: .relaxed) }
    }

    func reset() { total.store(0, ordering: .relaxed) }
}

/// A gauge of swift-metrics, which also counts up and down.
final class GaugeSeries: MeterHandler, RecorderHandler {
    private let bits = Atomic<UInt64>(0)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func set(_ value: Int64) { set(Double(value)) }

    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func increment(by amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }

    func decrement(by amount: Double) { increment(by: -amount) }

    func record(_ value: Int64) { set(value) }

    func record(_ value: Double) { set(value) }
}

/// A timer or recorder of swift-metrics, as a histogram with fixed buckets: two atomic additions for each observation.
final class HistogramSeries: TimerHandler, RecorderHandler {
    /// The state at one moment.
    struct Snapshot: Sendable {
        /// Observations up to each bound, and all of them last.
        var cumulative: [Int64]
        var sum: Double
    }

    /// Upper bounds in the unit of the observations, nanoseconds for durations, so that no floating point is on the way.
    private let bounds: [Int64]
    private let unitsInOne: Double
    /// A cell for each bucket, one for what is beyond, and the sum.
    private let cells: AtomicCells

    /// - Parameters:
    ///   - bounds: Upper bounds as they are shown.
    ///   - unitsInOne: How many units of an observation make one of what is shown: 10⁹ for seconds.
    init(bounds: [Double], unitsInOne: Double) {
        self.bounds = bounds.map { Int64(($0 * unitsInOne).rounded()) }
        self.unitsInOne = unitsInOne
        cells = AtomicCells(count: bounds.count + 2)
    }

    var snapshot: Snapshot {
        var count: Int64 = 0
        var cumulative: [Int64] = []
        cumulative.reserveCapacity(bounds.count + 1)
        for index in 0...bounds.count {
            count += cells.value(at: index)
            cumulative.append(count)
        }
        return Snapshot(cumulative: cumulative, sum: Double(cells.value(at: bounds.count + 1)) / unitsInOne)
    }

    func recordNanoseconds(_ duration: Int64) { record(duration) }

    /// Observations below zero, which a clock that was set back can cause, count as zero.
    func record(_ value: Int64) {
        let value = max(0, value)
        var index = 0
        while index < bounds.count, value > bounds[index] { index += 1 }
        cells.add(1, at: index)
        cells.add(value, at: bounds.count + 1)
    }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        record(Int64(min(value, 1e15).rounded()))
    }
}
