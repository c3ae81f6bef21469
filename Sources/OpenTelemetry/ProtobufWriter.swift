/// Writes protocol buffers (the encoding of proto3) into an array of bytes, as far as OTLP needs it.
///
/// Fields are written in the order of their numbers, and values that are the default are left out, so that the bytes are those
/// of the reference implementation.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

    mutating func unsigned(_ field: UInt8, _ value: UInt64) {
        guard value != 0 else { return }
        tag(field, .varint)
        varint(value)
    }

    mutating func fixed32(_ field: UInt8, _ value: UInt32) {
        guard value != 0 else { return }
        tag(field, .fixed32)
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func fixed64(_ field: UInt8, _ value: UInt64) {
        guard value != 0 else { return }
        tag(field, .fixed64)
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func string(_ field: UInt8, _ text: String) {
        if !text.isEmpty { memberString(field, text) }
    }

    /// Big-endian words, as identifiers of traces and spans are sent.
    mutating func words(_ field: UInt8, _ words: UInt64...) {
        tag(field, .length)
        varint(UInt64(words.count * 8))
        for word in words { withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) } }
    }

    /// A message, written even if it is empty.
    mutating func message(_ field: UInt8, _ body: (inout ProtobufWriter) -> Void) {
        tag(field, .length)
        let start = bytes.count
        // One byte is enough for the length of most messages.
        bytes.append(0)
        body(&self)
        let length = bytes.count - start - 1
        if length < 0x80 {
            bytes[start] = UInt8(length)
        } else {
            var prefix = ProtobufWriter()
            prefix.varint(UInt64(length))
            bytes.replaceSubrange(start...start, with: prefix.bytes)
        }
    }

    // MARK: Members of a oneof, which are written whatever their value is

    mutating func memberString(_ field: UInt8, _ text: String) {
        tag(field, .length)
        varint(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func memberUnsigned(_ field: UInt8, _ value: UInt64) {
        tag(field, .varint)
        varint(value)
    }

    mutating func memberDouble(_ field: UInt8, _ value: Double) {
        tag(field, .fixed64)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    // MARK: The wire

    private enum WireType: UInt64 {
        case varint = 0
        case fixed64 = 1
        case length = 2
        case fixed32 = 5
    }

    private mutating func tag(_ field: UInt8, _ type: WireType) { varint(UInt64(field) << 3 | type.rawValue) }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
