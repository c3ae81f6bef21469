import Synchronization

/// The statistics of a service, once its operations are known: the operation that shows them is one of these. They are the service's,
/// as whatever counts in them knows all operations, and these know the box.
final class StatisticsBox: Sendable {
    private struct State {
        weak var statistics: RequestStatistics?
    }

    private let state = Mutex(State())

    func fill(_ statistics: RequestStatistics) { state.withLock { $0.statistics = statistics } }

    var statistics: RequestStatistics? { state.withLock { $0.statistics } }
}
