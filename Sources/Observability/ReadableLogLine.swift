import JSONCoding
import Primitives

/// A line of the log as people read it: `12:30:01.123 WARNING A callback was refused (reason=expired tenantId=…)`.
package enum ReadableLogLine {
    /// Said before the message, or of no use to people at a terminal.
    private static let leading: Set<String> = ["time", "level", "logger", "message"]

    /// The text of a line; a line that is no JSON object, such as a crash report, stays as it is.
    package static func text(of line: String) -> String {
        guard line.hasPrefix("{"), let members = (try? JSONValue.parse(stored: line))?.objectValue,
            let message = members["message"]?.stringValue
        else { return line }
        if message == "request", let request = request(members) { return request }
        let details = members.compactMap { name, value -> String? in
            leading.contains(name) ? nil : "\(name)=\(plain(value))"
        }
        let head = "\(time(members)) \(level(members)) \(printable(message))"
        return details.isEmpty ? head : "\(head) (\(details.joined(separator: " ")))"
    }

    /// A line of the access log: `12:30:01.123 INFO GET /tenants/{id} 200 1.2 ms`.
    private static func request(_ members: JSONObject) -> String? {
        guard let status = members["status"]?.intValue, let path = members["path"]?.stringValue else { return nil }
        let method = members["method"]?.stringValue ?? ""
        let microseconds = members["durationMicroseconds"]?.intValue ?? 0
        let duration = "\(microseconds / 1000).\(microseconds / 100 % 10) ms"
        return "\(time(members)) \(level(members)) \(printable(method)) \(printable(path)) \(status) \(duration)"
    }

    /// The time of day: the date is known to who looks at a terminal.
    private static func time(_ members: JSONObject) -> String {
        let text = members["time"]?.stringValue ?? ""
        guard let separator = text.firstIndex(of: "T") else { return text }
        return String(text[text.index(after: separator)...].prefix { $0 != "Z" })
    }

    private static func level(_ members: JSONObject) -> String {
        (members["level"]?.stringValue ?? "info").uppercased()
    }

    private static func plain(_ value: JSONValue) -> String {
        value.stringValue.map(printable) ?? String(decoding: value.serialized(), as: UTF8.self)
    }

    /// Without characters that act on a terminal: the JSON has them escaped, and they must not come back to life.
    private static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.isControlOrDirection }) else { return text }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { scalars.append(scalar.isControlOrDirection ? " " : scalar) }
        return String(scalars)
    }
}
