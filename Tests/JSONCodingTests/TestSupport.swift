import JSONCoding

func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
}

/// Text of up to twenty characters of all kinds: plain, to be escaped, of two to four bytes, combining.
func randomText() -> String {
    let samples: [ClosedRange<UInt32>] = [
        0x20...0x7E, 0x20...0x7E, 0x00...0x1F, 0x22...0x22, 0x5C...0x5C, 0x7F...0x7FF, 0x300...0x36F, 0x800...0xD7FF,
        0xE000...0xFFFF, 0x10000...0x10FFFF,
    ]
    var text = ""
    for _ in 0..<Int.random(in: 0...20) {
        if let range = samples.randomElement(), let scalar = Unicode.Scalar(UInt32.random(in: range)) {
            text.unicodeScalars.append(scalar)
        }
    }
    return text
}

/// Any value, nested at most as deep as given.
func randomValue(depth: Int) -> JSONValue {
    switch Int.random(in: 0...(depth > 0 ? 7 : 5)) {
    case 0: return .null
    case 1: return .bool(.random())
    case 2: return .integer(Int64.random(in: .min ... .max))
    case 3: return .double(Double(bitPattern: .random(in: 0 ... .max)))
    case 4, 5: return .string(randomText())
    case 6: return .array((0..<Int.random(in: 0...5)).map { _ in randomValue(depth: depth - 1) })
    default:
        let count = Int.random(in: 0...20)
        return .object(JSONObject((0..<count).map { _ in (randomText(), randomValue(depth: depth - 1)) }))
    }
}
