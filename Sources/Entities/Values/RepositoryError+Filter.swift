import JSONCoding
import PostgresClient

/// Where a request has a condition.
enum ConditionPlace {
    /// In `filter`, under its `where`.
    case filter
    /// As the parameter `where`.
    case whole

    fileprivate var parameter: String { self == .filter ? "filter" : "where" }
    fileprivate var path: String { self == .filter ? "/where" : "" }
}

/// What the database finds wrong with conditions, as errors of the parameter that they came in.
extension RepositoryError {
    /// The error of a statement that only reads: all of its values are the condition's, or those of relations in the
    /// same filter.
    func of(_ condition: Where, in place: ConditionPlace) -> RepositoryError {
        let isValue =
            switch self {
            case .invalid: true
            case .unexpected(let state): state?.errorClass == "22"
            default: false
            }
        guard isValue else { return withPatterns(of: condition, in: place) }
        let detail = ValidationDetail(
            path: condition == .everything ? "/include" : place.path, code: "range",
            message: "must have values that the properties can have")
        return .invalidFilter(.invalidValue(parameter: place.parameter, details: [detail]))
    }

    /// The error of a statement that also writes: only patterns are certainly the condition's.
    func withPatterns(of condition: Where, in place: ConditionPlace) -> RepositoryError {
        guard case .invalidFilter(.invalidPattern) = self else { return self }
        let fields = condition.patternFields.sorted()
        let detail = ValidationDetail(
            // What is not in the condition itself is in that of an included relation.
            path: fields.isEmpty ? "/include" : place.path, code: "pattern",
            message: ValidationDetail.badPattern.message,
            info: ["properties": .array(fields.map { .string($0) })])
        return .invalidFilter(.invalidPattern(parameter: place.parameter, details: [detail]))
    }
}

extension ValidationDetail {
    /// A pattern that PostgreSQL does not understand, somewhere in a condition.
    static let badPattern = ValidationDetail(
        path: "", code: "pattern", message: "must have patterns that PostgreSQL understands")
}
