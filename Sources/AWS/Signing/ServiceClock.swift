import OutboundHTTP
import Primitives
import Synchronization

/// The time that requests are signed with: that of the machine until a service refuses it, then that of the service.
///
/// Services accept a signature for some minutes only. A machine whose clock is wrong could send nothing any more.
final class ServiceClock: Sendable {
    /// A smaller difference is not why a request was refused.
    static let tolerance = Duration.seconds(120)

    private let clock: any WallClock
    private let offset = Mutex(Duration.zero)

    init(_ clock: any WallClock) { self.clock = clock }

    func now() -> Timestamp { clock.now().adding(offset.withLock { $0 }) }

    /// From now on uses the time of a service that has refused a request.
    /// - Parameter date: The header `Date` of its answer.
    /// - Returns: Whether the time was wrong, so that the request is worth a repetition.
    func correct(by date: String?) -> Bool {
        guard let date, let served = HTTPDate.parse(date) else { return false }
        let machine = clock.now()
        return offset.withLock { offset in
            let difference = served.duration(since: machine)
            let error = difference - offset
            guard error > Self.tolerance || error < .zero - Self.tolerance else { return false }
            offset = difference
            return true
        }
    }
}
