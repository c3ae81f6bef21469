/// An instant in UTC, exact to the microsecond, as PostgreSQL keeps it. Leap seconds do not exist in it.
package struct Timestamp: Hashable, Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z; negative before it.
    package var microseconds: Int64

    /// The instant that many microseconds after 1970-01-01T00:00:00Z.
    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The instant that many milliseconds after 1970-01-01T00:00:00Z, at most 292,000 years away (saturating).
    package init(milliseconds: Int64) {
        self.init(microseconds: Timestamp.saturatingProduct(milliseconds, 1000))
    }

    /// The instant that many seconds after 1970-01-01T00:00:00Z, at most 292,000 years away (saturating).
    package init(seconds: Int64) {
        self.init(microseconds: Timestamp.saturatingProduct(seconds, 1_000_000))
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down: the form of a JWT's `exp` and `iat`.
    package var seconds: Int64 { Timestamp.floorDivide(microseconds, 1_000_000) }

    /// Whole milliseconds since 1970-01-01T00:00:00Z, rounded down: the form of JavaScript's `Date.now()`.
    package var milliseconds: Int64 { Timestamp.floorDivide(microseconds, 1000) }

    /// The instant with whole milliseconds, rounded down: what JSON shows of it.
    package var truncatedToMilliseconds: Timestamp {
        Timestamp(milliseconds: milliseconds)
    }

    /// The instant that lies the duration later (earlier when it is negative); parts below a microsecond are dropped,
    /// and the far ends of the range saturate.
    package func adding(_ duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        let whole = Timestamp.saturatingProduct(seconds, 1_000_000)
        return Timestamp(
            microseconds: Timestamp.saturatingSum(
                Timestamp.saturatingSum(microseconds, whole), attoseconds / 1_000_000_000_000))
    }

    /// The time that has passed from the other instant to this one; negative when the other is later.
    package func duration(since other: Timestamp) -> Duration {
        let (difference, overflow) = microseconds.subtractingReportingOverflow(other.microseconds)
        return .microseconds(overflow ? (microseconds < 0 ? Int64.min : Int64.max) : difference)
    }

    static func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    private static func saturatingProduct(_ left: Int64, _ right: Int64) -> Int64 {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? (left < 0 ? .min : .max) : product
    }

    private static func saturatingSum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? (left < 0 ? .min : .max) : sum
    }
}

extension Timestamp: Comparable {
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }
}
