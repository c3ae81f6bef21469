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
        guard let date = date(text) else { return nil }
        return min(max(date.duration(since: now), .zero), maximum)
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func date(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT", parts[1].utf8.count == 2,
            parts[3].utf8.count == 4, parts[4].utf8.count == 8, let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        let number = month + 1
        return Timestamp(iso8601: "\(parts[3])-\(number < 10 ? "0" : "")\(number)-\(parts[1])T\(parts[4])Z")
    }
}
