import Primitives

/// A PNG file (ISO/IEC 15948) whose structure was checked without decoding it: the order and checksums of its chunks, and the values in
/// its header. Only the program that draws decompresses it; that program holds no secrets and its resources are limited.
package struct PNGFile: Sendable, Hashable {
    package let bytes: [UInt8]
    package let width: Int
    package let height: Int

    /// Why a file cannot be used; begins with a verb.
    package struct Mistake: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// - Throws: ``Mistake``.
    package init(_ bytes: [UInt8]) throws(Mistake) {
        guard bytes.count <= PDFLimits.imageBytes else {
            throw Mistake(description: "is larger than \(PDFLimits.imageBytes >> 10) KiB")
        }
        guard bytes.starts(with: Self.signature) else { throw Mistake(description: "is not a PNG file") }
        var chunks: [(name: String, content: ArraySlice<UInt8>)] = []
        var rest = bytes[Self.signature.count...]
        while !rest.isEmpty {
            guard let chunk = Self.chunk(&rest) else { throw Mistake(description: "is damaged or cut off") }
            chunks.append(chunk)
        }
        guard let header = chunks.first, header.name == "IHDR", header.content.count == 13,
            chunks.last?.name == "IEND", chunks.count(where: { $0.name == "IEND" || $0.name == "IHDR" }) == 2,
            chunks.contains(where: { $0.name == "IDAT" })
        else { throw Mistake(description: "lacks parts that every PNG file has") }
        let (width, height) = (Self.number(header.content), Self.number(header.content.dropFirst(4)))
        let sides = 1...PDFLimits.imageSide
        guard sides.contains(width), sides.contains(height) else {
            throw Mistake(
                description: "is \(width) × \(height) pixels; each side must be 1 to \(PDFLimits.imageSide)")
        }
        let kind = Array(header.content.suffix(5))
        guard [1, 2, 4, 8].contains(kind[0]), [0, 2, 3, 4, 6].contains(kind[1]), kind[2] == 0, kind[3] == 0, kind[4] < 2
        else { throw Mistake(description: "has an unsupported format; use at most 8 bits per channel") }
        self.bytes = bytes
        self.width = width
        self.height = height
    }

    /// Takes the next chunk; nil if it is not complete or its checksum is wrong.
    private static func chunk(_ rest: inout ArraySlice<UInt8>) -> (name: String, content: ArraySlice<UInt8>)? {
        guard rest.count >= 12 else { return nil }
        let length = number(rest)
        guard length <= rest.count - 12 else { return nil }
        let checked = rest.dropFirst(4).prefix(4 + length)
        guard Int(CRC32.checksum(checked)) == number(rest.dropFirst(8 + length)) else { return nil }
        rest = rest.dropFirst(12 + length)
        return (String(decoding: checked.prefix(4), as: UTF8.self), checked.dropFirst(4))
    }

    /// Four bytes, most significant first.
    private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) } }
}
