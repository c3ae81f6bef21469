import Synchronization

extension Identifier {
    private static let generator = Mutex(TimeOrderedGenerator())

    /// A version 7 identifier (RFC 9562 section 5.7) of the given time, usually a clock's `now()`.
    ///
    /// Within the process each identifier is greater than the one made before it, as long as time does not run back by
    /// more than a second: a smaller step back (clock correction, two threads racing) is treated as no time having
    /// passed, a greater one (a tenant's test clock) is followed. Identifiers of one instant ascend as well if others were
    /// made in between, so that what a tenant creates while its test clock stands still keeps its order. Unique, but not
    /// a secret.
    ///
    /// - Parameter time: from 1970 on; an earlier time counts as 1970-01-01T00:00:00Z.
    package static func v7(at time: Timestamp) -> Identifier {
        generator.withLock { $0.next(at: time) }
    }

    /// A random version 4 identifier (RFC 9562 section 5.4) with 122 random bits.
    package static func v4() -> Identifier {
        let high = SecureRandom.bits64() & ~0xF000 | 0x4000
        let low = SecureRandom.bits64() & ((1 << 62) - 1) | (1 << 63)
        return Identifier(high: high, low: low)
    }
}

/// Makes ascending version 7 identifiers: 48 bits of milliseconds, 12 bits of the fraction of the millisecond (RFC 9562
/// section 6.2 method 3), then 62 bits that start random and grow by a random step with every identifier (method 2).
struct TimeOrderedGenerator {
    /// Milliseconds since 1970 in steps of 1/4096.
    private var tick: UInt64 = 0
    /// Never reset when the tick changes: a clock that stands still may be asked again after another clock.
    private var counter: UInt64
    private var random = RandomPool()

    /// One second: how far time may run back without being followed.
    private static let tolerance: UInt64 = 1_000 << 12

    init() { counter = Self.start(&random) }

    mutating func next(at time: Timestamp) -> Identifier {
        let microseconds = UInt64(max(0, time.microseconds))
        let (milliseconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1000)
        let requested = (milliseconds << 12) | ((fraction << 12) / 1000)
        if requested > tick || requested + Self.tolerance < tick { tick = requested }
        // There is room for two billion steps on average.
        counter += 1 + (random.bits64() >> 32)
        if counter >> 62 != 0 {
            tick += 1
            counter = Self.start(&random)
        }
        let high = (tick >> 12) << 16 | 0x7000 | (tick & 0xFFF)
        return Identifier(high: high, low: (1 << 63) | counter)
    }

    /// The top bit stays free, so that the counter has room to grow.
    private static func start(_ random: inout RandomPool) -> UInt64 { random.bits64() >> 3 }
}
