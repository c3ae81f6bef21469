/// The framing between a service and its renderer: four bytes with the length (most significant first), then as many
/// bytes.
package enum PDFFrame {
    /// The bytes of a frame.
    package static func encode(_ payload: [UInt8]) -> [UInt8] {
        let count = UInt32(payload.count)
        return [UInt8(count >> 24 & 0xFF), UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
            + payload
    }

    /// The length that a frame's first four bytes announce.
    package static func length(_ header: some Collection<UInt8>) -> Int {
        header.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }
}

/// Collects bytes until they are a frame.
struct PDFFrameParser {
    private var bytes: [UInt8] = []

    mutating func append(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }

    /// Takes the next frame; nil when it has not arrived completely.
    /// - Throws: ``PDFProtocolError`` when it announces more than `limit` bytes.
    mutating func next(limit: Int) throws(PDFProtocolError) -> [UInt8]? {
        guard bytes.count >= 4 else { return nil }
        let length = PDFFrame.length(bytes)
        guard length <= limit else { throw PDFProtocolError(member: "length \(length)") }
        guard bytes.count >= 4 + length else { return nil }
        let frame = Array(bytes[4..<(4 + length)])
        bytes.removeFirst(4 + length)
        return frame
    }

    /// Whether bytes have arrived that nobody has taken.
    var isEmpty: Bool { bytes.isEmpty }
}

/// A message that is not what the protocol says: the name of the member that is missing or wrong, never its value.
package struct PDFProtocolError: Error, Sendable, Hashable, CustomStringConvertible {
    package let member: String

    package init(member: String) { self.member = member }

    package var description: String { "invalid \(member)" }
}
