extension Identifier {
    /// The length of the canonical text in bytes.
    package static let textLength = 36

    /// Reads the canonical 8-4-4-4-12 text, digits in either case; nil for anything else, also for
    /// braces or `urn:uuid:`.
    package init?(_ text: some StringProtocol) {
        let parsed: Identifier?? = text.utf8.withContiguousStorageIfAvailable { bytes in
            Identifier(utf8: UnsafeRawBufferPointer(bytes))
        }
        guard let identifier = parsed ?? Array(text.utf8).withUnsafeBytes({ Identifier(utf8: $0) }) else { return nil }
        self = identifier
    }

    /// Reads the canonical text from its UTF-8 bytes; nil unless the bytes are exactly one identifier.
    package init?(utf8 bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Identifier.textLength else { return nil }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        for index in 0..<Identifier.textLength {
            let byte = bytes[index]
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let nibble = Hex.value(of: byte) else { return nil }
            if index < 18 {
                words.high = words.high << 4 | UInt64(nibble)
            } else {
                words.low = words.low << 4 | UInt64(nibble)
            }
        }
        self.init(high: words.high, low: words.low)
    }

    /// Appends the canonical text, 36 bytes in lower case.
    package func append(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: Identifier.textLength, alignment: 8) { buffer in
            write(to: buffer)
            bytes.append(contentsOf: buffer)
        }
    }

    /// Writes the canonical text over the first 36 bytes of the buffer, which must be at least that long.
    package func write(to buffer: UnsafeMutableRawBufferPointer) {
        precondition(buffer.count >= Identifier.textLength)
        let first = Hex.digits(UInt32(truncatingIfNeeded: high >> 32))
        let second = Hex.digits(UInt32(truncatingIfNeeded: high))
        let third = Hex.digits(UInt32(truncatingIfNeeded: low >> 32))
        let fourth = Hex.digits(UInt32(truncatingIfNeeded: low))
        buffer.storeBytes(of: first.bigEndian, toByteOffset: 0, as: UInt64.self)
        buffer.storeBytes(of: UInt32(truncatingIfNeeded: second >> 32).bigEndian, toByteOffset: 9, as: UInt32.self)
        buffer.storeBytes(of: UInt32(truncatingIfNeeded: second).bigEndian, toByteOffset: 14, as: UInt32.self)
        buffer.storeBytes(of: UInt32(truncatingIfNeeded: third >> 32).bigEndian, toByteOffset: 19, as: UInt32.self)
        buffer.storeBytes(of: UInt32(truncatingIfNeeded: third).bigEndian, toByteOffset: 24, as: UInt32.self)
        buffer.storeBytes(of: fourth.bigEndian, toByteOffset: 28, as: UInt64.self)
        buffer[8] = UInt8(ascii: "-")
        buffer[13] = UInt8(ascii: "-")
        buffer[18] = UInt8(ascii: "-")
        buffer[23] = UInt8(ascii: "-")
    }
}

extension Identifier: CustomStringConvertible {
    /// The canonical text in lower case.
    package var description: String {
        String(unsafeUninitializedCapacity: Identifier.textLength) { buffer in
            write(to: UnsafeMutableRawBufferPointer(buffer))
            return Identifier.textLength
        }
    }
}
