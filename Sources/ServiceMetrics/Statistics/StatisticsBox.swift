import Synchronization

/// The statistics of a service, once its operations are known: the operation that shows them is one of these.
final class StatisticsBox: Sendable {
    private let value = Mutex<RequestStatistics?>(nil)

    func fill(_ statistics: RequestStatistics) { value.withLock { $0 = statistics } }

    var statistics: RequestStatistics? { value.withLock { $0 } }
}
