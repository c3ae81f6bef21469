/// Labels as Prometheus reads them: `method="GET",route="/tenants/{id}"`.
enum LabelText {
    static func text(_ labels: [(String, String)]) -> String {
        labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
    }

    /// Values may contain anything but these three characters.
    static func escaped(_ value: String) -> String {
        let isPlain = value.utf8.allSatisfy { $0 != 0x5C && $0 != 0x22 && $0 != 0x0A }
        if isPlain { return value }
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
