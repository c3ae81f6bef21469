import JSONCoding

extension FuzzTarget {
    private static let tokens = ["{\"a\":", "[[[[[[[[", "\\u0000", "\\ud800", "\\udc00", "\\/", "1.5E-7", "-0", "tru"]

    /// What is read can be written and is the same when it is read again.
    static let json = FuzzTarget("json", tokens: tokens, maximumLength: 16_384) { bytes in
        let value: JSONValue
        do throws(JSONParseError) {
            value = try JSONValue.parse(bytes)
        } catch {
            try FuzzViolation.unless((0...bytes.count).contains(error.offset), "an error behind the text")
            return "\(error.reason)"
        }
        let text = value.serialized()
        try FuzzViolation.unless(text.count <= 6 * bytes.count, "\(text.count) bytes of \(bytes.count)")
        let again = try JSONValue.parse(text, limits: JSONLimits(bytes: .max))
        try FuzzViolation.unless(again == value && again.serialized() == text, "written and read again it is different")
        return kind(value)
    }

    /// The form that signatures cover does not change when it is read and written again.
    static let javaScript = FuzzTarget("javascript", tokens: tokens, maximumLength: 16_384) { bytes in
        guard let value = try? JSONValue.parse(bytes) else { return "invalid" }
        let text = value.javaScriptSerialized()
        try FuzzViolation.unless(text.count <= 24 * bytes.count + 24, "\(text.count) bytes of \(bytes.count)")
        let again = try JSONValue.parse(text, limits: JSONLimits(bytes: .max))
        try FuzzViolation.unless(again.javaScriptSerialized() == text, "the form is not stable")
        return kind(value)
    }

    private static func kind(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .number(let number): "number \(number.int64 == nil ? "other" : "integer")"
        case .string(let text): "string \(text.utf8.count.bitWidth - text.utf8.count.leadingZeroBitCount)"
        case .array(let elements): "array \(min(elements.count, 8)) \(elements.first.map(kind) ?? "")"
        case .object(let members): "object \(min(members.keys.count, 8))"
        }
    }
}
