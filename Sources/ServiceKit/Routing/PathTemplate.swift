/// The path of an operation, such as `/tenants/{id}`.
struct PathTemplate: Sendable {
    private let segments: [Substring]
    /// Number of parameters.
    let parameters: Int

    init(_ path: String) {
        segments = Self.segments(path)
        parameters = segments.count { $0.hasPrefix("{") }
    }

    /// Whether it is the template of a path.
    func matches(_ path: String) -> Bool { values(in: path) != nil }

    /// The values of the parameters in a path, as they are there; nil for a path of another template.
    func values(in path: String) -> [String: Substring]? {
        let path = Self.segments(path)
        guard path.count == segments.count else { return nil }
        var values: [String: Substring] = [:]
        for (segment, part) in zip(segments, path) {
            if segment.hasPrefix("{") {
                values[String(segment.dropFirst().dropLast())] = part
            } else if segment != part {
                return nil
            }
        }
        return values
    }

    private static func segments(_ path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: true)
    }
}
