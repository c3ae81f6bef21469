/// Digits `0-9 A-Z a-z`: numbers as text without characters that need escapes anywhere, and that a double click selects as a
/// whole.
enum Base62 {
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// Whether every byte is a digit.
    static func isText(_ bytes: some Sequence<UInt8>) -> Bool {
        bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                true
            default: false
            }
        }
    }

    /// The last digits of a number that is given by its bytes, the most significant one first.
    static func encode(_ number: some Sequence<UInt8>, count: Int) -> [UInt8] {
        var number = Array(number)
        var text = [UInt8](repeating: digits[0], count: count)
        for place in text.indices.reversed() {
            var remainder = 0
            for index in number.indices {
                let value = remainder << 8 | Int(number[index])
                number[index] = UInt8(value / digits.count)
                remainder = value % digits.count
            }
            text[place] = digits[remainder]
        }
        return text
    }
}
