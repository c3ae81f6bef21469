import Entities
import JSONCoding

/// Filters and query strings out of the dictionary of filters, the same ones every time.
struct RandomFilters: RandomNumberGenerator {
    /// What a value is recognized by wherever it turns up.
    static let marker = "zqjx"

    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ (state >> 29)) &* 0x9E37_79B9_7F4A_7C15
    }

    private static let words = [
        "where", "and", "or", "include", "relation", "scope", "fields", "order", "limit", "skip", "offset", "name",
        "rank", "price", "tags", "metaData", "ownerId", "validUntil", "isActive", "tenant", "contacts", "resources",
        "lead", "tenantId", "firstName", "type", "status", "inq", "nin", "between", "eq", "neq", "like", "nilike",
        "regexp", "exists", "gt", "$gt", "id", "0", "",
    ]

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }

    mutating func word() -> String {
        Int.random(in: 0..<12, using: &self) == 0 ? Self.marker : pick(Self.words)
    }

    /// Any JSON value.
    mutating func value(depth: Int) -> JSONValue {
        let count = Int.random(in: 0...4, using: &self)
        switch Int.random(in: 0..<(depth > 0 ? 14 : 8), using: &self) {
        case 0: return nil
        case 1: return .bool(.random(using: &self))
        case 2: return .integer(Int64.random(in: -5...50, using: &self))
        case 3: return .double(.random(in: -1e9...1e9, using: &self))
        case 4: return .string("name \(Self.marker)'\"; --")
        case 5: return "2026-01-05T10:00:00Z"
        case 6: return .string(word())
        case 7: return "0198a3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d"
        case 8...10: return .array((0..<count).map { _ in value(depth: depth - 1) })
        default: return .object(JSONObject((0..<count).map { _ in (word(), value(depth: depth - 1)) }))
        }
    }

    /// A filter that is mostly well-formed.
    mutating func filter(for entity: Entity, depth: Int) -> JSONValue {
        var filter: JSONObject = [:]
        filter["where"] = ["or": [condition(on: entity), ["and": [condition(on: entity)]]], "id": ["exists": true]]
        if Bool.random(using: &self) { filter["order"] = .string(pick(entity.properties).name + " DESC") }
        if Bool.random(using: &self) { filter["limit"] = 3 }
        if Bool.random(using: &self) { filter["fields"] = [.string(pick(entity.properties).name)] }
        if depth > 0, !entity.relations.isEmpty {
            let relation = pick(entity.relations)
            let target = TestModel.all.first { $0.name == relation.target } ?? entity
            filter["include"] = [
                ["relation": .string(relation.name), "scope": self.filter(for: target, depth: depth - 1)]
            ]
        }
        return .object(filter)
    }

    private mutating func condition(on entity: Entity) -> JSONValue {
        let field = pick(entity.properties)
        switch Int.random(in: 0..<5, using: &self) {
        case 0: return [field.name: operand(for: field)]
        case 1: return [field.name: [pick(["eq", "neq", "gt", "gte", "lt", "lte"]): operand(for: field)]]
        case 2: return [field.name: [pick(["inq", "nin", "between"]): [operand(for: field), operand(for: field)]]]
        case 3: return [field.name: [pick(["like", "ilike", "nlike", "nilike", "regexp"]): .string(Self.marker)]]
        default: return [field.name: .object([pick(["inq", "gt", "regexp", "exists"]): value(depth: 1)])]
        }
    }

    /// A value of the field's type.
    private mutating func operand(for field: FieldDefinition) -> JSONValue {
        switch field.type {
        case .string: .string("\(Self.marker)'\"; --")
        case .identifier: "0198a3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d"
        case .integer: .integer(Int64.random(in: .min ... .max, using: &self))
        case .number: .double(.random(in: -1e9...1e9, using: &self))
        case .boolean: .bool(.random(using: &self))
        case .timestamp: "2026-01-05T10:00:00Z"
        case .json: value(depth: 2)
        case .strings: [.string(Self.marker)]
        }
    }
}
