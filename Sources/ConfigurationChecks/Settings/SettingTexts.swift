/// What the texts of settings mean, and the words for what they must be.
extension Bool {
    /// `true`, `1`, `yes`, `on` or `false`, `0`, `no`, `off`, in any case.
    init?(ofSetting text: String) {
        switch text.lowercased() {
        case "true", "1", "yes", "on": self = true
        case "false", "0", "no", "off": self = false
        default: return nil
        }
    }
}

extension ClosedRange<Int> {
    var expectation: String { "an integer from \(lowerBound) to \(upperBound)" }

    var parse: @Sendable (String) -> Int? {
        { text in Int(text).flatMap { contains($0) ? $0 : nil } }
    }
}

extension CaseIterable where Self: RawRepresentable, RawValue == String {
    static var expectation: String {
        let names = allCases.map(\.rawValue)
        return names.count == 1 ? names.joined() : "one of \(names.joined(separator: ", "))"
    }
}

extension String {
    /// The text without the passwords of URLs, in case somebody has put one where none belongs.
    var withoutPasswords: String {
        var result = ""
        var rest = self[...]
        while let start = rest.firstRange(of: "://")?.upperBound {
            result += rest[..<start]
            rest = rest[start...]
            let end = rest.firstIndex { "/?# ,".contains($0) } ?? rest.endIndex
            if let at = rest[..<end].lastIndex(of: "@") {
                result += "…"
                rest = rest[at...]
            }
        }
        return result + rest
    }
}
