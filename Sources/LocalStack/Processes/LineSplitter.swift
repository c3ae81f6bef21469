/// Cuts a stream of bytes into lines. A line longer than `limit` is cut there, so that memory stays bounded.
struct LineSplitter {
    /// Longest line in bytes, without its newline.
    let limit: Int
    private var rest: [UInt8] = []

    init(limit: Int = 64 * 1024) {
        self.limit = limit
    }

    /// Takes the next bytes and hands every complete line (without its newline) to `line`.
    mutating func append(_ bytes: UnsafeRawBufferPointer, line: (ArraySlice<UInt8>) -> Void) {
        var start = bytes.startIndex
        while let newline = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            take(bytes[start..<newline], line: line)
            line(rest[...])
            rest.removeAll(keepingCapacity: true)
            start = newline + 1
        }
        take(bytes[start...], line: line)
    }

    /// Passes on the text after the last newline, at the end of the stream.
    mutating func finish(line: (ArraySlice<UInt8>) -> Void) {
        guard !rest.isEmpty else { return }
        line(rest[...])
        rest.removeAll()
    }

    private mutating func take(_ bytes: Slice<UnsafeRawBufferPointer>, line: (ArraySlice<UInt8>) -> Void) {
        var bytes = bytes[...]
        while rest.count + bytes.count > limit {
            let count = limit - rest.count
            rest.append(contentsOf: bytes.prefix(count))
            line(rest[...])
            rest.removeAll(keepingCapacity: true)
            bytes = bytes.dropFirst(count)
        }
        rest.append(contentsOf: bytes)
    }
}
