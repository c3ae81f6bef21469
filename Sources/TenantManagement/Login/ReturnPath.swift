/// Where a browser goes on after its login: a path of this host. Everything that a browser might take for another host is
/// refused, so that a link to the login cannot lead people elsewhere.
struct ReturnPath: Sendable, Hashable {
    static let maximumLength = 512
    static let home = ReturnPath(text: "/")

    let text: String

    private init(text: String) { self.text = text }

    /// Visible ASCII that begins with one `/`. `//host` and `/\host` are other hosts for browsers, which also drop tabs and
    /// line breaks. The login itself would go round in circles.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/"), bytes.count <= Self.maximumLength,
            bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") })
        else { return nil }
        let path = bytes.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
        // An empty segment in the middle, and `.` and `..` in any spelling, depend on who resolves them.
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            let name = String(decoding: segment, as: UTF8.self).lowercased().replacing("%2e", with: ".")
            guard isLast || !segment.isEmpty, name != ".", name != ".." else { return nil }
        }
        let start = String(decoding: path, as: UTF8.self)
        guard start != "/auth/login", start != "/auth/callback" else { return nil }
        self.text = text
    }
}
