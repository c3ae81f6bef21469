import JSONCoding
import Primitives

/// How long a failed job waits before its next attempt: the option `backoff` of a job.
package struct BullMQBackOff: Sendable, Hashable {
    /// How waits grow.
    package enum Growth: String, Sendable, Hashable {
        /// Each wait is the same.
        case fixed
        /// Each wait is twice the one before it.
        case exponential
    }

    /// The longest wait: a century.
    static let maximumMilliseconds = 100.0 * 365 * 86_400_000

    package let growth: Growth
    /// The first wait; whole milliseconds.
    package let delay: Duration
    /// The share of a wait that is random, 0 to 1.
    package let jitter: Double

    /// Makes a back-off; values beyond their ranges are limited to them.
    package init(_ growth: Growth, delay: Duration, jitter: Double = 0) {
        self.growth = growth
        self.delay = .milliseconds(max(delay.milliseconds, 0))
        self.jitter = min(max(jitter.isFinite ? jitter : 0, 0), 1)
    }

    /// The wait after a failure.
    /// - Parameter attemptsMade: Attempts before the one that failed, from 0.
    package func wait(
        afterAttempts attemptsMade: Int, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        var milliseconds = Double(delay.milliseconds)
        if growth == .exponential {
            var doublings = 0
            while doublings < attemptsMade, milliseconds < Self.maximumMilliseconds, milliseconds > 0 {
                milliseconds *= 2
                doublings += 1
            }
        }
        milliseconds = min(milliseconds, Self.maximumMilliseconds)
        if jitter > 0, milliseconds > 0 {
            milliseconds = Double.random(in: (milliseconds * (1 - jitter))...milliseconds, using: &generator)
        }
        return .milliseconds(Int64(milliseconds))
    }

    /// The wait with the system's random numbers.
    package func wait(afterAttempts attemptsMade: Int) -> Duration {
        var generator = SystemRandomNumberGenerator()
        return wait(afterAttempts: attemptsMade, using: &generator)
    }
}

extension BullMQBackOff {
    /// Reads the option: a number of milliseconds, or an object. Nil for one that is absent, wrong, or of a strategy that
    /// only its own program knows.
    init?(_ value: JSONValue?) {
        if let milliseconds = value?.doubleValue {
            self.init(.fixed, delay: Self.duration(milliseconds))
            return
        }
        guard let object = value?.objectValue, let growth = object["type"]?.stringValue.flatMap(Growth.init),
            let milliseconds = object["delay"]?.doubleValue
        else { return nil }
        self.init(growth, delay: Self.duration(milliseconds), jitter: object["jitter"]?.doubleValue ?? 0)
    }

    private static func duration(_ milliseconds: Double) -> Duration {
        milliseconds.isNaN ? .zero : .milliseconds(Int64(min(max(milliseconds, 0), maximumMilliseconds)))
    }

    /// The option as it is stored.
    var json: JSONValue {
        var object = JSONObject([
            ("type", JSONValue.string(growth.rawValue)), ("delay", JSONValue.integer(delay.milliseconds)),
        ])
        if jitter > 0 { object["jitter"] = .double(jitter) }
        return .object(object)
    }
}
