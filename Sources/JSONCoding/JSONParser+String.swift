extension JSONParser {
    /// Reads a string; the position is at its opening quote, and afterwards behind its closing one.
    mutating func string() throws(JSONParseError) -> String {
        position += 1
        let start = position
        try skipPlainCharacters()
        if try peek() == UInt8(ascii: "\"") {
            defer { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
        var text = [UInt8](bytes[start..<position])
        while try peek() != UInt8(ascii: "\"") {
            try escape(to: &text)
            let start = position
            try skipPlainCharacters()
            text.append(contentsOf: bytes[start..<position])
        }
        position += 1
        return String(decoding: text, as: UTF8.self)
    }

    /// Moves to the next quote or backslash, or to the end; everything before it is checked.
    private mutating func skipPlainCharacters() throws(JSONParseError) {
        while true {
            position = firstSpecial(from: position)
            guard position < bytes.count else { return }
            switch bytes[position] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): return
            case 0..<0x20: throw error(.controlCharacter)
            default: try skipMultibyteCharacter()
            }
        }
    }

    /// The offset of the next byte that is not plain ASCII; the length of the text if all of the rest is.
    private func firstSpecial(from start: Int) -> Int {
        var offset = start
        while offset + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if word & 0x8080_8080_8080_8080 != 0 || JSONEscaping.containsEscape(word) { break }
            offset += 8
        }
        while offset < bytes.count, bytes[offset] < 0x80, !JSONEscaping.mustEscape(bytes[offset]) { offset += 1 }
        return offset
    }

    /// Moves over one character of two to four bytes, by the table of well-formed sequences (Unicode, table 3-7): no
    /// overlong forms, no surrogates, nothing above U+10FFFF.
    private mutating func skipMultibyteCharacter() throws(JSONParseError) {
        let second: ClosedRange<UInt8>
        let length: Int
        switch bytes[position] {
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        default: throw error(.invalidUTF8)
        }
        for index in 1..<length {
            guard position + index < bytes.count else {
                position = bytes.count
                throw error(.unexpectedEnd)
            }
            let allowed = index == 1 ? second : 0x80...0xBF
            guard allowed.contains(bytes[position + index]) else { throw error(.invalidUTF8) }
        }
        position += length
    }

    /// Reads an escape sequence; the position is at its backslash.
    private mutating func escape(to text: inout [UInt8]) throws(JSONParseError) {
        let start = position
        position += 1
        let kind = try peek()
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): try unicodeEscape(startingAt: start, to: &text)
        default:
            position = start
            throw error(.invalidEscape)
        }
    }

    private mutating func unicodeEscape(startingAt start: Int, to text: inout [UInt8]) throws(JSONParseError) {
        var code = try fourDigits(startingAt: start)
        if (0xD800...0xDBFF).contains(code) {
            guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            else { throw JSONParseError(reason: .unpairedSurrogate, offset: start) }
            let secondStart = position
            position += 2
            let low = try fourDigits(startingAt: secondStart)
            guard (0xDC00...0xDFFF).contains(low) else {
                throw JSONParseError(reason: .unpairedSurrogate, offset: start)
            }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw JSONParseError(reason: .unpairedSurrogate, offset: start)
        }
        text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    /// Reads the digits of a `\u` escape that starts at the given offset.
    private mutating func fourDigits(startingAt start: Int) throws(JSONParseError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch try peek() {
            case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte): digit = byte - 48
            case let byte where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte): digit = byte - 87
            case let byte where (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte): digit = byte - 55
            default: throw JSONParseError(reason: .invalidEscape, offset: start)
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
