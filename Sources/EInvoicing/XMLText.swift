/// Writes XML: elements with their texts, indented.
struct XMLText {
    private(set) var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    private var depth = 0

    /// An element with other elements.
    mutating func element<Failure: Error>(
        _ name: String, _ attributes: [(String, String)] = [], _ body: (inout XMLText) throws(Failure) -> Void
    ) throws(Failure) {
        open(name, attributes)
        text += "\n"
        depth += 1
        try body(&self)
        depth -= 1
        indent()
        text += "</\(name)>\n"
    }

    /// An element with a text.
    mutating func element(_ name: String, _ value: String, _ attributes: [(String, String)] = []) {
        open(name, attributes)
        text += Self.escaped(value) + "</\(name)>\n"
    }

    /// An element with a text, if there is one.
    mutating func elementIfPresent(_ name: String, _ value: String?, _ attributes: [(String, String)] = []) {
        guard let value, !value.isEmpty else { return }
        element(name, value, attributes)
    }

    private mutating func open(_ name: String, _ attributes: [(String, String)]) {
        indent()
        text += "<\(name)"
        for (name, value) in attributes { text += " \(name)=\"\(Self.escaped(value))\"" }
        text += ">"
    }

    private mutating func indent() { text += String(repeating: "  ", count: depth) }

    /// The text without what XML 1.0 forbids, and with entities for what it would read as markup.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default:
                switch scalar.value {
                case 0..<0x20 where scalar.value != 0x9 && scalar.value != 0xA: result += " "
                case 0xFFFE, 0xFFFF: result += " "
                default: result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }
}
