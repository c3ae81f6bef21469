import Entities
import JSONCoding
import Subscription
import TenantManagement
import Testing

/// What the documents say of filters is what the parser takes, for rules within one member.
@Suite struct FilterDocumentTests {
    private let catalog: EntityCatalog
    private let judge: JSONSchema

    init() throws {
        catalog = try TenantManagementCatalog.make()
        var components: JSONObject = [:]
        for (name, schema) in catalog.namedSchemas { components[name] = try Self.json(schema) }
        judge = JSONSchema(components: .object(components))
    }

    private static func json(_ schema: Schema) throws -> JSONValue {
        var writer = JSONWriter()
        schema.writeDefinition(to: &writer)
        return try JSONValue.parse(writer.bytes)
    }

    private func isParsed(_ filter: JSONValue, for entity: String) throws -> Bool {
        let text = String(decoding: filter.serialized(), as: UTF8.self)
        let entity = try #require(catalog.entity(named: entity))
        return (try? Filter.parse(json: text, for: entity, in: catalog)) != nil
    }

    private static let values: [JSONValue] = [
        nil, true, false, "true", 0, 1, 1.5, "1", "x", "", "\0", "2026-01-05", "2026-01-05T10:00:00.000Z",
        "019b8d2c-7f00-7a51-9c3e-5d2f1a6b4c80", [], ["x"], [nil], [1, 2], ["a", "b", "c"], [:], ["x": 1],
        ["2026-01-05", "2026-01-06"], "a\\", "a\\%",
    ]

    @Test func `document and service agree on values of every type`() throws {
        let fields = ["name", "status", "domains", "createdOn", "leadId", "deleted", "nope"]
        let operators = [
            "eq", "neq", "gt", "gte", "lt", "lte", "between", "inq", "nin", "like", "nilike", "exists", "nope", "$ne",
        ]
        for field in fields {
            for value in Self.values {
                try expectAlike(["where": .object(JSONObject([(field, value)]))])
                for name in operators {
                    try expectAlike(["where": .object(JSONObject([(field, .object(JSONObject([(name, value)])))]))])
                }
            }
        }
        try expectAlike(["where": ["and": [["name": "x"], ["or": [["status": 1], ["nope": 1]]]]]])
        try expectAlike(["where": ["or": [["name": ["like": "x%"]], [:]]]])
    }

    @Test func `values of free-form properties are taken or refused alike`() throws {
        for value in Self.values + ["a\0b"] {
            try expectAlike(["where": .object(JSONObject([("configValue", value)]))], for: "TenantMgmtConfig")
        }
    }

    @Test func `document and service agree on the members of a filter`() throws {
        let members: [(String, [JSONValue])] = [
            ("fields", [nil, ["name"], ["nope"], ["name": true], ["name": nil], ["name": 1], "name", 1]),
            (
                "order",
                [
                    nil, "name", "name DESC", "name asc,id", "name UP", "nope", ["name", "id DESC"], ["nope"], [1],
                    [nil], 1, "",
                ]
            ),
            ("limit", [nil, 0, 1, 1.5, "1", -1, true]), ("skip", [nil, 0, -1, 9_007_199_254_740_992, "0"]),
            ("offset", [nil, 5, -5]), ("where", [nil, [:], [], "x"]), ("nope", [nil, 1]),
            (
                "include",
                [
                    nil, [], ["contacts"], ["nope"], [nil], [1], "contacts", [["relation": "contacts"]],
                    [["relation": "nope"]],
                    [["relation": nil]], [["scope": [:]]], [["relation": "contacts", "scope": nil]],
                    [["relation": "contacts", "scope": ["where": ["email": "x"], "limit": 5]]],
                    [["relation": "contacts", "scope": ["where": ["domains": "x"]]]],
                    [["relation": "lead", "scope": ["include": ["address"]]]], [["relation": "contacts", "nope": 1]],
                ]
            ),
        ]
        for (name, values) in members { for value in values { try expectAlike(.object(JSONObject([(name, value)]))) } }
    }

    private func expectAlike(_ filter: JSONValue, for entity: String = "Tenant") throws {
        let schema = try #require(judge.components["\(entity)Filter"])
        let problems = judge.problems(filter, schema)
        let text = String(decoding: filter.serialized(), as: UTF8.self)
        #expect(try isParsed(filter, for: entity) == problems.isEmpty, "\(text): \(problems.prefix(3))")
    }
}
