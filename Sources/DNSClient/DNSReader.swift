/// Reads a DNS message, which may be malformed or hostile: no method reads beyond its end, and each returns nil when bytes are
/// missing.
struct DNSReader {
    private let bytes: [UInt8]
    var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private mutating func byte() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func word() -> UInt16? {
        guard let high = byte(), let low = byte() else { return nil }
        return UInt16(high) << 8 | UInt16(low)
    }

    /// - Returns: False when the message has fewer bytes left; then nothing is skipped.
    mutating func skip(_ count: Int) -> Bool {
        guard let end = end(after: count) else { return false }
        position = end
        return true
    }

    /// The position after this many bytes; nil when the message has fewer left.
    func end(after count: Int) -> Int? {
        count <= bytes.count - position ? position + count : nil
    }

    /// The strings of a TXT record, joined.
    mutating func text(until end: Int) -> [UInt8]? {
        var text: [UInt8] = []
        while position < end {
            guard let length = byte(), position + Int(length) <= end else { return nil }
            text.append(contentsOf: bytes[position..<position + Int(length)])
            position += Int(length)
        }
        return text
    }

    /// A name, whose end may be a pointer to an earlier position (RFC 1035 section 4.1.4). Each pointer must lead to a position
    /// before everything read of the name so far, so a loop is impossible.
    mutating func name() -> DNSName? {
        var labels: [[UInt8]] = []
        var length = 0
        var start = position
        /// Where reading continues after the name: behind the first pointer.
        var next: Int?
        while true {
            guard let head = byte() else { return nil }
            switch head {
            case 0:
                if let next { position = next }
                return DNSName(labels: labels)
            case 1...63:
                length += Int(head) + 1
                guard length <= DNSName.maximumLength + 1, let end = end(after: Int(head)) else { return nil }
                labels.append(Array(bytes[position..<end]))
                position = end
            case 0xC0...:
                guard let low = byte() else { return nil }
                let target = Int(head & 0x3F) << 8 | Int(low)
                guard target < start else { return nil }
                if next == nil { next = position }
                start = target
                position = target
            default: return nil
            }
        }
    }
}
