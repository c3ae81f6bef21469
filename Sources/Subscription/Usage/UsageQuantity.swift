import Billing
import Entities
import JSONCoding

/// How quantities are written: decimal texts, exact, never negative.
enum UsageQuantity {
    /// Digits before the point.
    static let maximumWholeDigits = 15
    /// Digits behind the point.
    static let maximumDecimals = 9
    static let maximumLength = maximumWholeDigits + 1 + maximumDecimals

    private static let regex = "^[0-9]{1,\(maximumWholeDigits)}(\\.[0-9]{1,\(maximumDecimals)})?$"

    /// A quantity as text.
    static let pattern = Pattern(regex: regex) { isValid($0) }

    /// Whether a text is a quantity.
    static func isValid(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ $0.allSatisfy(isDigit) }) else { return false }
        return (1...maximumWholeDigits).contains(parts[0].count)
            && (parts.count == 1 || (1...maximumDecimals).contains(parts[1].count))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// A quantity without zeros that say nothing: `012.50` is `12.5`.
    static func trimmed(_ text: String) -> String {
        var digits = Substring(text)
        while digits.hasPrefix("0"), digits.dropFirst().first?.isWholeNumber == true { digits.removeFirst() }
        guard digits.contains(".") else { return String(digits) }
        while digits.hasSuffix("0") { digits.removeLast() }
        if digits.hasSuffix(".") { digits.removeLast() }
        return String(digits)
    }

    /// The schema of a quantity in a body or an answer.
    static let schema = Schema.string(maxLength: maximumLength, pattern: pattern).example("12.5")
}

extension UsageQuantity {
    /// Whether a quantity is no larger than another one.
    static func isAtMost(_ quantity: String, _ other: String) -> Bool {
        guard let one = try? Rational(decimal: quantity), let two = try? Rational(decimal: other) else { return false }
        return !(one > two)
    }
}
