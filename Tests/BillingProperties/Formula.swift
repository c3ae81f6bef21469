import Billing

/// Computes the formula of an explanation, as a person would.
struct Formula {
    private var rest: Substring

    /// The value in major units; nil if the text is no formula.
    static func value(of text: String) -> Rational? {
        var formula = Formula(rest: Substring(text.replacing(" ", with: "")))
        guard let value = formula.sum(), formula.rest.isEmpty else { return nil }
        return value
    }

    private mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest = rest.dropFirst()
        return true
    }

    private mutating func sum() -> Rational? {
        let isNegative = take("−")
        guard var value = product() else { return nil }
        if isNegative { value = value.negated }
        while let sign = rest.first, sign == "+" || sign == "−" {
            rest = rest.dropFirst()
            guard let term = product(), let next = try? value.adding(sign == "+" ? term : term.negated) else {
                return nil
            }
            value = next
        }
        return value
    }

    private mutating func product() -> Rational? {
        guard var value = factor() else { return nil }
        while true {
            if take("×") {
                guard let next = factor(), let product = try? value.multiplied(by: next) else { return nil }
                value = product
            } else if take("/") {
                guard let next = factor(), let quotient = try? value.divided(by: next) else { return nil }
                value = quotient
            } else {
                return value
            }
        }
    }

    private mutating func factor() -> Rational? {
        if take("(") {
            guard let value = sum(), take(")") else { return nil }
            return value
        }
        if rest.hasPrefix("min(") {
            rest = rest.dropFirst(4)
            guard let maximum = sum(), take(","), let value = sum(), take(")") else { return nil }
            return min(maximum, value)
        }
        let digits = rest.prefix { $0.isNumber || $0 == "." }
        rest = rest.dropFirst(digits.count)
        guard let value = try? Rational(decimal: String(digits)) else { return nil }
        return take("%") ? try? value.divided(by: Rational(100)) : value
    }
}
