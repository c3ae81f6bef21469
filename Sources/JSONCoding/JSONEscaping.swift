/// What must be escaped in a JSON string (RFC 8259 section 7), and how JavaScript's `JSON.stringify` does it.
enum JSONEscaping {
    /// The offset of the first quote, backslash or control character at or after the given offset; the length of the
    /// buffer if nothing has to be escaped. Checks eight bytes in one step.
    static func firstEscape(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var offset = start
        while offset + 8 <= bytes.count {
            if containsEscape(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) { break }
            offset += 8
        }
        while offset < bytes.count, !mustEscape(bytes[offset]) { offset += 1 }
        return offset
    }

    static func mustEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// Whether one of eight bytes is below 0x20, a quote or a backslash.
    ///
    /// Subtracting a number from a byte borrows from its top bit when the byte is smaller; `& ~word` removes the bytes
    /// whose top bit was set before. A borrow can spread to a neighbor, but only from a byte that is itself a match.
    static func containsEscape(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let control = (word &- ones &* 0x20) & ~word
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let quote = (quotes &- ones) & ~quotes
        let backslash = (backslashes &- ones) & ~backslashes
        return (control | quote | backslash) & (ones &* 0x80) != 0
    }

    /// Appends the escape sequence of a byte that must be escaped.
    static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(UInt8(ascii: "u"))
            bytes.append(UInt8(ascii: "0"))
            bytes.append(UInt8(ascii: "0"))
            bytes.append(UInt8(ascii: "0") + (byte >> 4))
            let low = byte & 0x0F
            bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        }
    }
}

extension JSONWriter {
    /// Writes a string, escaped as `JSON.stringify` does.
    package mutating func string(_ value: String) {
        let isWritten: Void? = value.utf8.withContiguousStorageIfAvailable { bytes in
            string(utf8: UnsafeRawBufferPointer(bytes))
        }
        guard isWritten == nil else { return }
        Array(value.utf8).withUnsafeBytes { string(utf8: $0) }
    }

    /// Writes a string from bytes that are known to be UTF-8, such as a text column; they are not checked.
    package mutating func string(utf8 text: UnsafeRawBufferPointer) {
        var end = JSONEscaping.firstEscape(in: text, from: 0)
        if end == text.count {
            scalar(atMost: text.count + 2) { $0.writeQuoted(text) }
            return
        }
        appendValue { bytes in
            bytes.append(UInt8(ascii: "\""))
            var start = 0
            while end < text.count {
                bytes.append(contentsOf: text[start..<end])
                JSONEscaping.append(text[end], to: &bytes)
                start = end + 1
                end = JSONEscaping.firstEscape(in: text, from: start)
            }
            bytes.append(contentsOf: text[start..<end])
            bytes.append(UInt8(ascii: "\""))
        }
    }
}
