import JSONCoding

/// What the database finds wrong with conditions, as errors of the parameter that they came in.
extension RepositoryError {
    /// The error of a statement that only reads: all of its values are the filter's.
    func of(_ filter: Filter) -> RepositoryError { of(filter.condition, at: "/where") }

    /// The same for a condition.
    /// - Parameter path: The condition's place in its parameter.
    func of(_ condition: Where, at path: String) -> RepositoryError {
        switch self {
        case .invalid: .invalidFilter(.invalidValue(details: [Self.value(condition, path)]))
        case .unexpected(let state?) where state.hasPrefix("22"):
            .invalidFilter(.invalidValue(details: [Self.value(condition, path)]))
        default: withPatterns(of: condition, at: path)
        }
    }

    /// The error of a statement that also writes: only patterns are certainly the condition's.
    func withPatterns(of condition: Where, at path: String) -> RepositoryError {
        guard case .invalidFilter(.invalidPattern) = self else { return self }
        let fields = condition.patternFields.sorted()
        return .invalidFilter(
            .invalidPattern(details: [
                // What is not in the condition itself is in that of an included relation.
                ValidationDetail(
                    path: fields.isEmpty ? "/include" : path, code: "pattern",
                    message: ValidationDetail.badPattern.message,
                    info: ["properties": .array(fields.map { .string($0) })])
            ]))
    }

    private static func value(_ condition: Where, _ path: String) -> ValidationDetail {
        ValidationDetail(
            path: condition == .everything ? "/include" : path, code: "range",
            message: "must have values that the properties can have")
    }
}

extension ValidationDetail {
    /// A pattern that PostgreSQL does not understand, somewhere in a condition.
    static let badPattern = ValidationDetail(
        path: "", code: "pattern", message: "must have patterns that PostgreSQL understands")
}
