import Synchronization

/// The statistics of a service, once its operations are known: the operation that shows them is one of these.
///
/// The reference is weak, because the statistics keep all operations, and the operation that shows them keeps the box. The service
/// itself keeps the statistics, as one of its observers.
final class StatisticsBox: Sendable {
    private struct State {
        weak var statistics: RequestStatistics?
    }

    private let state = Mutex(State())

    func fill(_ statistics: RequestStatistics) { state.withLock { $0.statistics = statistics } }

    var statistics: RequestStatistics? { state.withLock { $0.statistics } }
}
