import JSONCoding

/// What a parser has found wrong so far. Parsing goes on after a problem, so that one answer names all of them.
struct QueryProblems {
    private(set) var details: [ValidationDetail] = []
    private(set) var forbiddenOperators: [String] = []
    private(set) var unknownRelations: [String] = []
    private(set) var invalidOrder: String?

    private static let maximumCount = 100

    mutating func add(_ detail: ValidationDetail) {
        if details.count < Self.maximumCount { details.append(detail) }
    }

    mutating func addForbiddenOperator(_ name: String) {
        if forbiddenOperators.count < Self.maximumCount { forbiddenOperators.append(name) }
    }

    mutating func addUnknownRelation(_ entry: JSONValue) {
        guard unknownRelations.count < Self.maximumCount else { return }
        unknownRelations.append(String(decoding: entry.serialized(), as: UTF8.self))
    }

    mutating func addInvalidOrder(_ order: String) {
        if invalidOrder == nil { invalidOrder = order }
    }

    mutating func add(_ other: QueryProblems) {
        other.details.forEach { add($0) }
        other.forbiddenOperators.forEach { addForbiddenOperator($0) }
        unknownRelations += other.unknownRelations
        if let order = other.invalidOrder { addInvalidOrder(order) }
    }

    /// The most telling kind of problem first.
    func throwIfAny(parameter: String, value: JSONValue) throws(FilterError) {
        if !forbiddenOperators.isEmpty { throw .forbiddenOperators(forbiddenOperators) }
        if !details.isEmpty {
            throw .invalid(
                parameter: parameter, value: String(decoding: value.serialized(), as: UTF8.self), details: details)
        }
        if !unknownRelations.isEmpty { throw .unknownRelations(entries: unknownRelations) }
        if let invalidOrder { throw .invalidDirection(order: invalidOrder) }
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
