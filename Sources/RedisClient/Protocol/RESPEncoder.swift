import NIOCore

/// Commands as arrays of bulk strings (the only request form of RESP2 and RESP3), written in place: digits by hand,
/// no intermediate buffer, one reservation a string.
extension ByteBuffer {
    /// `*count`
    mutating func writeCommandHeader(_ count: Int) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: 24) { memory in
            memory[0] = UInt8(ascii: "*")
            return Self.writeLineEnd(memory, at: DecimalDigits.write(Int64(count), to: memory, at: 1))
        }
    }

    /// `$length`, then the bytes.
    mutating func writeBulk(_ bytes: UnsafeRawBufferPointer) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: bytes.count + 26) { memory in
            memory[0] = UInt8(ascii: "$")
            let start = Self.writeLineEnd(memory, at: DecimalDigits.write(Int64(bytes.count), to: memory, at: 1))
            UnsafeMutableRawBufferPointer(rebasing: memory[start..<(start + bytes.count)]).copyMemory(from: bytes)
            return Self.writeLineEnd(memory, at: start + bytes.count)
        }
    }

    /// `$length`, then the UTF-8 of a text.
    mutating func writeBulk(_ text: String) {
        var text = text
        text.withUTF8 { writeBulk(UnsafeRawBufferPointer($0)) }
    }

    /// `$length`, then the bytes.
    mutating func writeBulk(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { writeBulk($0) }
    }

    /// `$length`, then the decimal digits of an integer.
    mutating func writeBulk(_ integer: Int64) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: 32) { memory in
            memory[0] = UInt8(ascii: "$")
            let length = Int64(DecimalDigits.count(integer))
            let start = Self.writeLineEnd(memory, at: DecimalDigits.write(length, to: memory, at: 1))
            return Self.writeLineEnd(memory, at: DecimalDigits.write(integer, to: memory, at: start))
        }
    }

    /// A whole command.
    mutating func writeCommand(_ arguments: [RedisArgument]) {
        writeCommandHeader(arguments.count)
        for argument in arguments { argument.write(to: &self) }
    }

    private static func writeLineEnd(_ memory: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        memory[offset] = UInt8(ascii: "\r")
        memory[offset + 1] = UInt8(ascii: "\n")
        return offset + 2
    }
}
