package import Primitives

/// The header `Retry-After` (RFC 9110 section 10.2.3).
package enum RetryAfter {
    /// The longest wait that a receiver can ask for.
    static let maximum = Duration.seconds(86_400)

    /// The wait that a value asks for, limited to 0 to 24 hours; nil when it is neither a number of seconds nor a date in
    /// the preferred form, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    package static func parse(_ text: String, now: Timestamp) -> Duration? {
        let digits = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        if digits, !text.isEmpty { return min(Int64(text).map { .seconds($0) } ?? maximum, maximum) }
        guard let date = HTTPDate.parse(text) else { return nil }
        return min(max(date.duration(since: now), .zero), maximum)
    }
}
