import NIOCore

/// The unread bytes of a connection with their parser.
struct RESPDecoder {
    private var buffer = ByteBuffer()
    private var parser: RESPParser

    init(limits: RESPLimits) {
        parser = RESPParser(limits: limits)
    }

    /// Takes what the channel has read.
    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            var bytes = bytes
            buffer.discardReadBytes()
            buffer.writeBuffer(&bytes)
        }
    }

    /// The next complete frame, or nil when more bytes are needed.
    mutating func next() throws(RESPViolation) -> RESPFrame? {
        var consumed = 0
        let frame = try Self.next(in: buffer, of: &parser, consumed: &consumed)
        buffer.moveReaderIndex(forwardBy: consumed)
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }  // gives the memory back to the channel's pool
        return frame
    }

    private static func next(
        in buffer: ByteBuffer, of parser: inout RESPParser, consumed: inout Int
    ) throws(RESPViolation) -> RESPFrame? {
        try buffer.withUnsafeReadableBytes { bytes throws(RESPViolation) in
            try parser.next(bytes, consumed: &consumed)
        }
    }
}
