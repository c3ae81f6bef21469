import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Where code takes the time of day from. Never measure durations with it: it may step.
package protocol WallClock: Sendable {
    /// The present instant, in microseconds UTC.
    func now() -> Timestamp
}

/// The clock of the machine.
package struct SystemClock: WallClock {
    /// The clock of the machine.
    package init() {}

    /// The machine's present instant.
    package func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}

/// A clock that does not move by itself: for tests, and for tenants that have their own clock.
package final class ManualClock: WallClock {
    private let instant: Mutex<Timestamp>

    /// A clock that shows the given instant.
    package init(_ instant: Timestamp = Timestamp(microseconds: 0)) {
        self.instant = Mutex(instant)
    }

    /// The instant that was set last.
    package func now() -> Timestamp {
        instant.withLock { $0 }
    }

    /// Sets the clock to any instant, also to an earlier one.
    package func set(_ instant: Timestamp) {
        self.instant.withLock { $0 = instant }
    }

    /// Moves the clock by the duration.
    package func advance(by duration: Duration) {
        instant.withLock { $0 = $0.adding(duration) }
    }
}
