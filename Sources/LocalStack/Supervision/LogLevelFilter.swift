/// Decides which lines of a service's log belong on the terminal.
package enum LogLevelFilter {
    private static let marker = Array(#""level":""#.utf8)
    private static let shown = ["warning", "error", "critical"].map { Array($0.utf8) }

    /// Whether a line is a warning or worse. A line that is no JSON object (a crash report, say) always is.
    /// A search, not a parse: under load this sees every access-log line, and `level` is near its beginning.
    package static func isAlarming(_ line: ArraySlice<UInt8>) -> Bool {
        guard line.first == UInt8(ascii: "{") else { return !line.isEmpty }
        let head = line.prefix(160)
        for start in head.indices where head[start] == marker[0] && head[start...].starts(with: marker) {
            let level = line[(start + marker.count)...]
            return shown.contains { level.starts(with: $0) }
        }
        return false
    }
}
