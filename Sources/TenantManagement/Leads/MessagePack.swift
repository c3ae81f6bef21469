/// The part of MessagePack (specification of 2013, with `str 8`) that an entry of the original's key-value store needs.
enum MessagePack {
    /// A map of one text to another.
    static func map(_ key: String, _ value: String) -> [UInt8] {
        [0x81] + string(key) + string(value)
    }

    /// A text in its shortest form; its length is in bytes of UTF-8.
    private static func string(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        let length = UInt32(clamping: bytes.count)
        let header: [UInt8] =
            switch length {
            case ..<32: [0xA0 | UInt8(truncatingIfNeeded: length)]
            case ...0xFF: [0xD9, UInt8(truncatingIfNeeded: length)]
            case ...0xFFFF: [0xDA, UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
            default: [0xDB] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
            }
        return header + bytes
    }
}
