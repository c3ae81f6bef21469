/// What is wrong with an archive.
package enum TarError: Error, Sendable, Hashable {
    /// It ends in the middle of a file, or has no end.
    case truncated
    /// A header is not one, or has a wrong checksum.
    case malformed
    /// It has something else than plain files, or a file whose name leads out of it.
    case unsupported
}

/// Archives of plain files in the format `ustar` of POSIX, which every `tar` reads.
package enum TarArchive {
    static let blockSize = 512
    /// Longest name of a file, in bytes.
    package static let maximumNameLength = 100

    /// A file of an archive.
    package struct File: Sendable, Hashable {
        package let name: String
        package let content: [UInt8]
    }

    /// A file as it is in an archive, padded to whole blocks.
    /// - Parameters:
    ///   - name: At most ``maximumNameLength`` bytes; more are cut off.
    ///   - seconds: When it was made, in seconds since 1970.
    package static func entry(_ name: String, _ content: [UInt8], seconds: Int64) -> [UInt8] {
        header(name, size: content.count, seconds: seconds) + content + padding(after: content.count)
    }

    /// What is between the content of a file and the next file.
    package static func padding(after size: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: (blockSize - size % blockSize) % blockSize)
    }

    /// What is before the content of a file.
    /// - Parameters:
    ///   - name: At most ``maximumNameLength`` bytes; more are cut off.
    ///   - size: Bytes of the content, less than 8 GiB.
    ///   - seconds: When it was made, in seconds since 1970.
    package static func header(_ name: String, size: Int, seconds: Int64) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: blockSize)
        func put(_ text: some Sequence<UInt8>, at offset: Int) {
            for (index, byte) in text.enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int64, digits: Int) -> [UInt8] {
            let text = String(max(value, 0), radix: 8)
            return Array((String(repeating: "0", count: max(digits - text.utf8.count, 0)) + text).utf8)
        }
        put(name.utf8.prefix(maximumNameLength), at: 0)
        put("0000644".utf8, at: 100)
        put("0000000".utf8, at: 108)
        put("0000000".utf8, at: 116)
        put(octal(Int64(size), digits: 11), at: 124)
        put(octal(seconds, digits: 11), at: 136)
        put("        ".utf8, at: 148)
        put("0".utf8, at: 156)
        put("ustar".utf8, at: 257)
        put("00".utf8, at: 263)
        let sum = header.reduce(Int64(0)) { $0 + Int64($1) }
        put(octal(sum, digits: 6) + [0, 0x20], at: 148)
        return header
    }

    /// What an archive ends with.
    package static let end = [UInt8](repeating: 0, count: 2 * blockSize)

    /// Reads the files of an archive.
    package static func files(in archive: [UInt8]) throws(TarError) -> [File] {
        var position = 0
        var reader = TarReader { count in
            let bytes = Array(archive[min(position, archive.count)...].prefix(count))
            position += bytes.count
            return bytes
        }
        var files: [File] = []
        while let entry = try reader.next() {
            files.append(File(name: entry.name, content: try reader.content(entry.size)))
        }
        return files
    }

    /// Name and size of a file by its header.
    static func file(of bytes: [UInt8]) throws(TarError) -> (name: String, size: Int?) {
        func text(_ range: Range<Int>) -> String {
            String(decoding: bytes[range].prefix { $0 != 0 }, as: UTF8.self)
        }
        func octal(_ range: Range<Int>) -> Int? { Int(text(range).filter { $0 != " " }, radix: 8) }
        var sum = 0
        for (index, byte) in bytes.enumerated() { sum += (148..<156).contains(index) ? 0x20 : Int(byte) }
        guard octal(148..<156) == sum, bytes[257..<262].elementsEqual("ustar".utf8) else { throw .malformed }
        let name = text(0..<100)
        let isPlain = bytes[156] == 0x30 || bytes[156] == 0
        let isInside = !name.isEmpty && !name.hasPrefix("/") && !name.split(separator: "/").contains("..")
        guard isPlain, isInside, bytes[345] == 0 else { throw .unsupported }
        return (name, octal(124..<136))
    }
}
