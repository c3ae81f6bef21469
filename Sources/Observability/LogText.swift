package import JSONCoding
import Primitives

/// Text in logs. What callers have sent ends up there, and people read logs in terminals, which act on control characters
/// and show text in the direction that it asks for.
package enum LogText {
    /// Writes a text as a JSON string in which every control and direction character is escaped, also those that JSON
    /// allows as they are.
    package static func write(_ text: String, to writer: inout JSONWriter) {
        guard needsEscaping(text) else {
            writer.string(text)
            return
        }
        var escaped: [UInt8] = [UInt8(ascii: "\"")]
        escaped.reserveCapacity(text.utf8.count + 32)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                escaped.append(UInt8(ascii: "\\"))
                escaped.append(UInt8(truncatingIfNeeded: scalar.value))
            case _ where scalar.isControlOrDirection: appendEscape(scalar, to: &escaped)
            default: escaped.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        escaped.append(UInt8(ascii: "\""))
        writer.raw(escaped)
    }

    /// JSON itself escapes what is below U+0020.
    private static func needsEscaping(_ text: String) -> Bool {
        let isPlain = text.utf8.allSatisfy { $0 < 0x7F }
        return !isPlain && text.unicodeScalars.contains { $0.value >= 0x7F && $0.isControlOrDirection }
    }

    /// `\u202e`; every scalar in question has four digits.
    private static func appendEscape(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(UInt8(ascii: "u"))
        for shift in [12, 8, 4, 0] {
            let digit = UInt8(truncatingIfNeeded: (scalar.value >> UInt32(shift)) & 0xF)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
