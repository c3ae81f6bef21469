/// Files of images, written without a library.
package enum TestPNG {
    /// An image of one color, 8 bits for red, green and blue.
    /// - Parameters:
    ///   - pixels: What is compressed within it; nil for the color.
    package static func make(width: Int = 40, height: Int = 20, pixels: [UInt8]? = nil) -> [UInt8] {
        let row: [UInt8] = [0] + (0..<width).flatMap { _ in [0x1A, 0x6B, 0xC3] as [UInt8] }
        let content = pixels ?? stored((0..<height).flatMap { _ in row })
        let header = number(width) + number(height) + [8, 2, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header) + chunk("IDAT", content)
            + chunk("IEND", [])
    }

    /// A part of the file.
    package static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let checked = Array(name.utf8) + content
        var remainder: UInt32 = 0xFFFF_FFFF
        for byte in checked {
            remainder ^= UInt32(byte)
            for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0xEDB8_8320 : remainder >> 1 }
        }
        return number(content.count) + checked + number(Int(~remainder))
    }

    private static func number(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// Bytes as zlib has them, without compressing them (RFC 1950, RFC 1951); at most 65,535.
    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var (low, high) = (1, 0)
        for byte in bytes {
            low = (low + Int(byte)) % 65_521
            high = (high + low) % 65_521
        }
        let length = [UInt8(truncatingIfNeeded: bytes.count), UInt8(truncatingIfNeeded: bytes.count >> 8)]
        return [0x78, 0x01, 0x01] + length + length.map { ~$0 } + bytes + number(high << 16 | low)
    }
}
