/// Text as it may be printed.
package enum PrintableText {
    /// The text without characters that could disturb the rest of its line.
    ///
    /// Control characters, line breaks among them, become spaces. Marks that change the writing direction are removed: a
    /// name must not be able to rearrange its surroundings. The joiners U+200C and U+200D stay, because Persian,
    /// the scripts of India and emoji need them. What exceeds ``PDFLimits/textLength`` is cut off with an ellipsis.
    package static func clean(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var count = 0
        for scalar in text.unicodeScalars {
            let kept: Unicode.Scalar
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: kept = " "
            case 0x200B, 0x200E, 0x200F, 0x061C, 0x202A...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB: continue
            default: kept = scalar
            }
            guard count < PDFLimits.textLength else {
                result.append("…")
                break
            }
            result.append(kept)
            count += 1
        }
        return String(result)
    }

    /// The language that decides how Han characters are drawn: by other characters of the texts that only one language
    /// uses, else by the country, else Chinese in simplified characters. `en` for texts without such characters.
    /// - Parameter country: A name or ISO 3166 code as people enter it; nil when it is not known.
    package static func language(of texts: [String], country: String?) -> String {
        var hasHan = false
        for scalar in texts.lazy.map(\.unicodeScalars).joined() {
            switch scalar.value {
            case 0x3040...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF9D: return "ja"
            case 0x1100...0x11FF, 0x3130...0x318F, 0xAC00...0xD7A3: return "ko"
            case 0x3100...0x312F, 0x31A0...0x31BF: return "zh-tw"
            case 0x2E80...0x2FDF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x323AF: hasHan = true
            default: continue
            }
        }
        guard hasHan else { return "en" }
        switch (country ?? "").lowercased() {
        case "jp", "jpn", "japan", "日本", "日本国": return "ja"
        case "kr", "kor", "korea", "south korea", "republic of korea", "韓國", "韓国": return "ko"
        case "tw", "twn", "taiwan", "台灣", "臺灣", "台湾": return "zh-tw"
        case "hk", "hkg", "hong kong", "香港", "mo", "mac", "macao", "macau", "澳門": return "zh-hk"
        default: return "zh-cn"
        }
    }
}
