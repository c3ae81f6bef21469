import JSONCoding

/// What a parser has found wrong so far. Parsing goes on after a problem, so that one answer names all of them.
struct QueryProblems {
    /// All that is wrong, with its place.
    private(set) var details: [ValidationDetail] = []
    /// Whether there is a problem that none of the more specific errors describes.
    private var hasViolation = false
    private var forbiddenOperators: [String] = []
    private var unknownRelations: [String] = []
    private var invalidOrder: String?
    private var hasSecret = false

    private static let maximumCount = 100

    mutating func add(_ detail: ValidationDetail) {
        hasViolation = true
        append(detail)
    }

    mutating func addForbiddenOperator(_ name: String, at path: String) {
        if forbiddenOperators.count < Self.maximumCount { forbiddenOperators.append(name) }
        append(.additionalProperty(path, name))
    }

    /// A relation by its plain name; by another name in an object it is a value outside an enumeration.
    mutating func addUnknownRelation(_ entry: JSONValue, at path: String, of relations: [JSONValue]) {
        if unknownRelations.count < Self.maximumCount {
            unknownRelations.append(String(decoding: entry.serialized(), as: UTF8.self))
        }
        append(.enumeration(path, relations))
    }

    mutating func addInvalidOrder(_ order: String, at path: String) {
        if invalidOrder == nil { invalidOrder = order }
        append(.enumeration(path, ["ASC", "DESC"]))
    }

    /// A condition on a member that is stored encrypted.
    mutating func addSecret(at path: String) {
        hasSecret = true
        append(
            ValidationDetail(
                path: path, code: "secret", message: "must NOT be compared with: it is a secret and stored encrypted"))
    }

    mutating func add(_ other: QueryProblems) {
        hasViolation = hasViolation || other.hasViolation
        other.details.forEach { append($0) }
        let room = max(0, Self.maximumCount - forbiddenOperators.count)
        forbiddenOperators += other.forbiddenOperators.prefix(room)
        unknownRelations += other.unknownRelations
        invalidOrder = invalidOrder ?? other.invalidOrder
        hasSecret = hasSecret || other.hasSecret
    }

    private mutating func append(_ detail: ValidationDetail) {
        if details.count < Self.maximumCount { details.append(detail) }
    }

    /// The most telling kind of problem first.
    func throwIfAny(parameter: String, value: JSONValue) throws(FilterError) {
        if !forbiddenOperators.isEmpty {
            throw .forbiddenOperators(forbiddenOperators, parameter: parameter, details: details)
        }
        if hasViolation {
            throw .invalid(
                parameter: parameter, value: String(decoding: value.serialized(), as: UTF8.self), details: details)
        }
        if !unknownRelations.isEmpty {
            throw .unknownRelations(parameter: parameter, entries: unknownRelations, details: details)
        }
        if hasSecret { throw .secretMembers(parameter: parameter, details: details) }
        if let invalidOrder { throw .invalidDirection(parameter: parameter, order: invalidOrder, details: details) }
    }
}

extension ValidationDetail {
    /// A query that costs too much.
    static func tooMany(_ path: String, _ code: String, _ unit: String, _ limit: Int) -> ValidationDetail {
        ValidationDetail(
            path: path, code: code, message: "must NOT have more than \(limit) \(unit)",
            info: ["limit": .integer(limit)])
    }
}
