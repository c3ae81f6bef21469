import WorkQueue

/// The characters that SQS takes: those of XML 1.0.
enum MessageText {
    /// A JSON text in which the two characters that JSON allows and SQS does not, U+FFFE and U+FFFF, are escaped. They can
    /// only be in strings.
    static func body(_ json: [UInt8]) -> String {
        let text = String(decoding: json, as: UTF8.self)
        guard text.unicodeScalars.contains(where: { $0.value == 0xFFFE || $0.value == 0xFFFF }) else { return text }
        return text.replacing("\u{FFFE}", with: "\\ufffe").replacing("\u{FFFF}", with: "\\uffff")
    }

    /// A reason as the value of an attribute.
    static func attribute(_ reason: String) -> String {
        let scalars = FailureReason.stored(reason).unicodeScalars.map { isAllowed($0) ? $0 : " " }
        let text = String(String.UnicodeScalarView(scalars))
        return text.isEmpty ? "failed" : text
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x20 && scalar.value != 0xFFFE && scalar.value != 0xFFFF
    }
}
