/// Paths in logs and traces. What a client sends as a path may be anything, for instance a mail address.
package enum LoggablePath {
    private static let maximumSegments = 12
    private static let maximumSegmentLength = 64

    /// The path, of which the segments are shown that cannot be anything else than names, identifiers and numbers. The others
    /// are replaced.
    /// - Parameter route: The template of the operation. Nothing has to be checked if it has no parameters.
    static func text(_ path: String, route: String?) -> String {
        if isHarmless(path: path) || path == route { return path }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        guard segments.count <= maximumSegments else { return "/…" }
        return segments.map { isHarmless($0) ? $0 : "{hidden}" }.joined(separator: "/")
    }

    /// Whether all segments are harmless. Nearly every path is, so nothing is taken apart.
    private static func isHarmless(path: String) -> Bool {
        var (segments, length, points) = (1, 0, 0)
        for byte in path.utf8 {
            if byte == UInt8(ascii: "/") {
                (segments, length, points) = (segments + 1, 0, 0)
                continue
            }
            length += 1
            if byte == UInt8(ascii: ".") { points += 1 } else if !isPlain(byte) { return false }
            if length > maximumSegmentLength || points > 1 { return false }
        }
        return segments <= maximumSegments
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// An identifier that somebody else has chosen, such as the subject of a token.
    package static func identifier(_ text: String) -> String { isHarmless(text[...]) ? text : "{hidden}" }

    /// Letters, digits, `-`, `_` and at most one `.`: no mail address, no telephone number with a plus, no token with three parts.
    private static func isHarmless(_ segment: Substring) -> Bool {
        segment.utf8.count <= maximumSegmentLength
            && segment.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: ".") }
            && segment.utf8.count { $0 == UInt8(ascii: ".") } <= 1
    }
}
