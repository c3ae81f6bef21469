extension Duration {
    /// Whole nanoseconds, rounded toward zero. Very long durations count as a quarter of the range of `Int64`, so that
    /// deadlines can be computed without overflow.
    package var nanoseconds: Int64 { units(perSecond: 1_000_000_000) }

    /// Whole microseconds, rounded toward zero, with the same limit as ``nanoseconds``.
    package var microseconds: Int64 { units(perSecond: 1_000_000) }

    /// Whole milliseconds, rounded toward zero, with the same limit as ``nanoseconds``.
    package var milliseconds: Int64 { units(perSecond: 1000) }

    /// Whole milliseconds, rounded up, with the same limit as ``nanoseconds``.
    package var millisecondsRoundedUp: Int64 {
        let isWhole = components.attoseconds % 1_000_000_000_000_000 == 0
        return milliseconds + (isWhole || self < .zero ? 0 : 1)
    }

    /// Whole seconds, rounded up.
    package var secondsRoundedUp: Int64 {
        components.seconds + (components.attoseconds > 0 ? 1 : 0)
    }

    private func units(perSecond count: Int64) -> Int64 {
        let limit = Int64.max / 4
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: count)
        guard !overflow else { return seconds < 0 ? -limit : limit }
        return min(max(whole, -limit) + attoseconds / (1_000_000_000_000_000_000 / count), limit)
    }
}
