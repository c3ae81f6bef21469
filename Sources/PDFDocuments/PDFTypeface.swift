import CHaru

/// A font of a document together with how text is encoded for it.
struct PDFTypeface {
    /// How text becomes the bytes that libharu takes.
    enum Encoding: Sendable, Hashable {
        /// UTF-8, for the embedded font.
        case unicode
        /// Windows-1252, for the fonts that every PDF reader has.
        case western
    }

    let font: HPDF_Font
    let encoding: Encoding

    /// The text's width in points.
    func width(of text: String, size: Double) -> Double {
        let bytes = Self.bytes(text, encoding)
        let measured = bytes.withUnsafeBufferPointer { buffer in
            HPDF_Font_TextWidth(font, buffer.baseAddress, HPDF_UINT(bytes.count - 1))
        }
        return Double(measured.width) * size / 1000
    }

    /// The text as libharu takes it, with a zero at its end.
    ///
    /// Control characters become spaces, and marks that change the writing direction are left out: a name must not be
    /// able to rearrange the line that it stands in. Characters that the encoding lacks become a replacement.
    static func bytes(_ text: String, _ encoding: Encoding) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 1)
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: bytes.append(0x20)
            case 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xFEFF: continue
            default:
                switch encoding {
                // libharu knows the Basic Multilingual Plane only.
                case .unicode: bytes.append(contentsOf: (scalar.value > 0xFFFF ? "\u{FFFD}" : scalar).utf8)
                case .western: bytes.append(western(scalar))
                }
            }
        }
        bytes.append(0)
        return bytes
    }

    /// The character in Windows-1252; a question mark when it has none.
    private static func western(_ scalar: Unicode.Scalar) -> UInt8 {
        switch scalar.value {
        case 0x20..<0x7F, 0xA0...0xFF: UInt8(scalar.value)
        case 0x20AC: 0x80
        case 0x2013: 0x96
        case 0x2014: 0x97
        case 0x2018: 0x91
        case 0x2019: 0x92
        case 0x201C: 0x93
        case 0x201D: 0x94
        case 0x2026: 0x85
        default: UInt8(ascii: "?")
        }
    }
}
