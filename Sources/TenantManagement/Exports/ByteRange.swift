/// A range of bytes that a request asks for (RFC 9110 section 14.1.2).
struct ByteRange: Sendable, Hashable {
    /// Most bytes of one response; a longer range is cut off, which `Content-Range` says.
    static let maximumLength = 8 << 20

    let first: Int64
    let last: Int64

    var length: Int { Int(last - first + 1) }

    /// Whether a header has ranges of bytes. One with another unit has to be ignored (RFC 9110 section 14.2).
    static func isUnderstood(_ header: String) -> Bool { header.prefix(6).lowercased() == "bytes=" }

    /// Reads `bytes=0-99`, `bytes=100-` or `bytes=-100`.
    /// - Parameter size: That of the archive.
    /// - Throws: ``ExportError/rangeNotSatisfiable(size:)``, also for several ranges.
    init(header: String, size: Int64) throws(ExportError) {
        let bounds =
            Self.isUnderstood(header)
            ? header.dropFirst(6).split(
                separator: "-", omittingEmptySubsequences: false) : []
        guard bounds.count == 2, size > 0 else { throw .rangeNotSatisfiable(size: size) }
        func number(_ text: Substring) -> Int64? {
            guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            // Digits beyond the range of the type are behind the end of every archive.
            return Int64(text) ?? .max
        }
        var (start, end) = (number(bounds[0]), number(bounds[1]))
        if bounds[0].isEmpty, let length = end, length > 0 { (start, end) = (max(size - length, 0), size - 1) }
        if bounds[1].isEmpty { end = size - 1 }
        guard let start, let end, start <= end, start < size else { throw .rangeNotSatisfiable(size: size) }
        first = start
        last = min(end, size - 1, start + Int64(Self.maximumLength) - 1)
    }
}
