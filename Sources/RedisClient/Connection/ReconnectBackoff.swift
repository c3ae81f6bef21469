import NIOCore

/// Delays between attempts: they double from `initial` to `maximum`, and each is drawn from the upper half of its
/// step, so that many clients of a restarted server do not return in one moment.
struct ReconnectBackoff: Sendable {
    private let initial: TimeAmount
    private let maximum: TimeAmount
    private var step: TimeAmount

    init(initial: TimeAmount = .milliseconds(20), maximum: TimeAmount = .seconds(1)) {
        self.initial = initial
        self.maximum = maximum
        self.step = initial
    }

    /// The delay before the next attempt, never above the maximum.
    mutating func next(using generator: inout some RandomNumberGenerator) -> TimeAmount {
        let current = step
        step = min(.nanoseconds(current.nanoseconds * 2), maximum)
        return .nanoseconds(.random(in: (current.nanoseconds / 2)...current.nanoseconds, using: &generator))
    }

    /// A connection was made: begin anew.
    mutating func reset() {
        step = initial
    }
}
