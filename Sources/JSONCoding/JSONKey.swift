package import Primitives

/// A key made ready to be written many times: escaped, in quotation marks, with its colon.
package struct JSONKey: Sendable, Hashable {
    /// The text in front of the value.
    package let text: [UInt8]

    /// Makes a key ready.
    package init(_ name: String) {
        text = JSONValue.string(name).serialized() + [UInt8(ascii: ":")]
    }
}

/// Members with keys made ready, lent as the bytes of ``JSONKey/text``: what long lists consist of, so that key and value
/// are written with one check of the capacity, and no reference is counted.
extension JSONWriter {
    /// Writes the key of the next member.
    package mutating func key(ready key: UnsafeRawBufferPointer) {
        value(behind: key, atMost: 0) { _ in 0 }
        needsComma = false
    }

    /// Writes a member that is `null`.
    package mutating func nullMember(_ key: UnsafeRawBufferPointer) {
        value(behind: key, atMost: 4) { $0.write("null") }
    }

    /// Writes a member that is `true` or `false`.
    package mutating func member(_ key: UnsafeRawBufferPointer, _ value: Bool) {
        self.value(behind: key, atMost: 5) { $0.write(value ? "true" : "false") }
    }

    /// Writes a member that is a whole number.
    package mutating func member(_ key: UnsafeRawBufferPointer, _ value: Int64) {
        self.value(behind: key, atMost: 20) { DecimalDigits.write(value, to: $0) }
    }

    /// Writes a member that is an identifier, lower case.
    package mutating func member(_ key: UnsafeRawBufferPointer, _ identifier: Identifier) {
        value(behind: key, atMost: Identifier.textLength + 2) { $0.writeQuoted(identifier) }
    }

    /// Writes a member that is an instant, `"2026-01-05T10:00:00.000Z"`.
    package mutating func member(_ key: UnsafeRawBufferPointer, _ timestamp: Timestamp) {
        value(behind: key, atMost: Timestamp.maximumTextLength + 2) { $0.writeQuoted(timestamp) }
    }

    /// Writes a member that is a string, from bytes that are known to be UTF-8; they are not checked.
    package mutating func member(_ key: UnsafeRawBufferPointer, utf8 text: UnsafeRawBufferPointer) {
        guard JSONEscaping.firstEscape(in: text, from: 0) == text.count else {
            self.key(ready: key)
            return string(utf8: text)
        }
        value(behind: key, atMost: text.count + 2) { $0.writeQuoted(text) }
    }

    @inline(__always)
    private mutating func value(
        behind key: UnsafeRawBufferPointer, atMost size: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int
    ) {
        scalar(atMost: key.count + size) { buffer in
            buffer.copyMemory(from: key)
            return key.count + body(UnsafeMutableRawBufferPointer(rebasing: buffer[key.count...]))
        }
    }
}
