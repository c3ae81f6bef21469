extension JSONValue {
    /// The value's JSON text for people and for comparisons line by line: a member or an element a line, two spaces for each
    /// level.
    package func indented() -> String {
        var text = ""
        write(to: &text, indentation: "")
        return text
    }

    private func write(to text: inout String, indentation: String) {
        let inner = indentation + "  "
        switch self {
        case .object(let object) where !object.isEmpty:
            text += "{"
            var separator = "\n"
            for (name, value) in object {
                text += separator + inner + JSONValue.string(name).compact + ": "
                value.write(to: &text, indentation: inner)
                separator = ",\n"
            }
            text += "\n\(indentation)}"
        case .array(let elements) where !elements.isEmpty:
            text += "["
            var separator = "\n"
            for element in elements {
                text += separator + inner
                element.write(to: &text, indentation: inner)
                separator = ",\n"
            }
            text += "\n\(indentation)]"
        default: text += compact
        }
    }

    private var compact: String { String(decoding: serialized(), as: UTF8.self) }
}
