package import PostgresClient
import Primitives

extension Where {
    /// Whether values in memory fulfill the condition, by SQL's rules: nothing but `isNull` is true of an unset property. For
    /// rows that come from elsewhere than the database.
    /// - Parameter value: The value of a property, of the property's type; whole numbers as `int64`.
    package func matches(_ value: (String) -> PostgresValue) -> Bool {
        switch self {
        case .all(let parts): parts.allSatisfy { $0.matches(value) }
        case .any(let parts): parts.contains { $0.matches(value) }
        case .condition(let field, let predicate): predicate.matches(value(field))
        }
    }

    /// Whether ``matches(_:)`` can decide it: regular expressions are PostgreSQL's.
    package var canBeMatched: Bool { patternFields.isEmpty }
}

extension Predicate {
    fileprivate func matches(_ value: PostgresValue) -> Bool {
        if case .isNull(let isNull) = self { return isNull == (value == .null) }
        if case .noneOf([]) = self { return true }
        if case .oneOf(let values) = self, value == .null { return values.contains(.null) }
        guard value != .null else { return false }
        switch self {
        case .isNull: return false
        case .compare(let comparison, let other): return comparison.holds(value, other)
        case .between(let low, let high):
            return Comparison.greaterOrEqual.holds(value, low) && Comparison.lessOrEqual.holds(value, high)
        case .outside(let low, let high):
            return Comparison.less.holds(value, low) || Comparison.greater.holds(value, high)
        case .oneOf(let values): return values.contains { Comparison.equal.holds(value, $0) }
        case .noneOf(let values): return !values.contains { Comparison.equal.holds(value, $0) }
        case .like(let pattern, let isCaseSensitive, let isNegated):
            guard case .text(let text) = value else { return false }
            return LikePattern(pattern, isCaseSensitive: isCaseSensitive).matches(text) != isNegated
        case .contains(let text, let isNegated):
            guard case .textArray(let items) = value else { return false }
            return items.contains(text) != isNegated
        case .matches: return false
        }
    }
}

extension Comparison {
    fileprivate func holds(_ left: PostgresValue, _ right: PostgresValue) -> Bool {
        switch (left, right) {
        // By bytes, as Swift and PostgreSQL order texts differently.
        case (.text(let left), .text(let right)): holds(Array(left.utf8), Array(right.utf8))
        case (.identifier(let left), .identifier(let right)): holds(left, right)
        case (.timestamp(let left), .timestamp(let right)): holds(left, right)
        case (.int64(let left), .int64(let right)): holds(left, right)
        case (.bool(let left), .bool(let right)): holds(left ? 1 : 0, right ? 1 : 0)
        default: false
        }
    }

    private func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
        switch self {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        }
    }

    private func holds(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        switch self {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left.lexicographicallyPrecedes(right)
        case .lessOrEqual: !right.lexicographicallyPrecedes(left)
        case .greater: right.lexicographicallyPrecedes(left)
        case .greaterOrEqual: !left.lexicographicallyPrecedes(right)
        }
    }
}

/// A pattern of `LIKE`: `%` and `_` are wild, `\` escapes.
struct LikePattern {
    fileprivate enum Element {
        case any
        case one
        case scalar(Unicode.Scalar)
    }

    private let elements: [Element]
    private let isCaseSensitive: Bool

    init(_ pattern: String, isCaseSensitive: Bool) {
        self.isCaseSensitive = isCaseSensitive
        var elements: [Element] = []
        var isEscaped = false
        for scalar in (isCaseSensitive ? pattern : pattern.lowercased()).unicodeScalars {
            switch scalar {
            case _ where isEscaped:
                elements.append(.scalar(scalar))
                isEscaped = false
            case "\\": isEscaped = true
            case "%": elements.append(.any)
            case "_": elements.append(.one)
            default: elements.append(.scalar(scalar))
            }
        }
        self.elements = elements
    }

    /// Goes back to the last `%` alone, so the time is at most the product of both lengths.
    func matches(_ text: String) -> Bool {
        let scalars = Array((isCaseSensitive ? text : text.lowercased()).unicodeScalars)
        var (position, element) = (0, 0)
        var retry: (position: Int, element: Int)?
        while position < scalars.count {
            if element < elements.count, case .any = elements[element] {
                element += 1
                retry = (position, element)
            } else if element < elements.count, elements[element].accepts(scalars[position]) {
                position += 1
                element += 1
            } else if let last = retry {
                position = last.position + 1
                element = last.element
                retry = (position, element)
            } else {
                return false
            }
        }
        return elements[element...].allSatisfy { if case .any = $0 { true } else { false } }
    }
}

extension LikePattern.Element {
    fileprivate func accepts(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .any: false
        case .one: true
        case .scalar(let own): own == scalar
        }
    }
}
