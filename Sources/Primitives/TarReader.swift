/// Reads the files of an archive one after the other, a piece at a time, so that its size does not matter for the memory.
package struct TarReader {
    /// A file, before its content is read.
    package struct Entry: Sendable, Hashable {
        package let name: String
        /// Bytes of the content.
        package let size: Int
        /// Where the content begins in the archive.
        package let offset: Int
    }

    /// Returns the next bytes of the archive, fewer than asked for only at its end.
    private let read: (Int) throws -> [UInt8]
    private var offset = 0
    /// Bytes of the present file that were not read yet, and of the padding after it.
    private var rest = 0
    private var padding = 0

    /// - Parameter read: Returns the next bytes of the archive, fewer than asked for only at its end.
    package init(_ read: @escaping (Int) throws -> [UInt8]) { self.read = read }

    /// The next file; nil at the end of the archive. What was not read of the one before is skipped.
    package mutating func next() throws(TarError) -> Entry? {
        while try !content(1 << 20).isEmpty {}
        _ = try take(padding)
        padding = 0
        let header = try take(TarArchive.blockSize)
        if header.allSatisfy({ $0 == 0 }) { return nil }
        let file = try TarArchive.file(of: header)
        guard let size = file.size, size >= 0 else { throw .truncated }
        rest = size
        padding = TarArchive.padding(after: size).count
        return Entry(name: file.name, size: size, offset: offset)
    }

    /// The next bytes of the present file, fewer than asked for only at its end; none after it.
    package mutating func content(_ count: Int) throws(TarError) -> [UInt8] {
        let bytes = try take(min(count, rest))
        rest -= bytes.count
        return bytes
    }

    private mutating func take(_ count: Int) throws(TarError) -> [UInt8] {
        guard count > 0 else { return [] }
        let bytes: [UInt8]
        do { bytes = try read(count) } catch { throw .truncated }
        guard bytes.count == count else { throw .truncated }
        offset += count
        return bytes
    }
}
