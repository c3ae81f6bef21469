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
