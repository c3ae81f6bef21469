import JSONCoding
import PostgresClient
import Testing

@testable import Entities

/// Names from outside are the entity's only if every byte is the same. U+212A KELVIN SIGN is canonically equivalent to `K`.
@Suite struct ExactNameTests {
    private static let configKey = Field.string("configKey", oneOf: ["K", "other"], required: true)
    private static let config = Entity(
        "Config", table: "configs", tenancy: .shared,
        fields: [configKey, .object("metaData"), .strings("names")],
        relations: [.belongsTo("ownKey", "Config", by: configKey, references: configKey)])
    private let catalog: EntityCatalog

    init() throws { catalog = try EntityCatalog([Self.config]) }

    private func details(_ body: () throws(FilterError) -> some Any) -> [String] {
        do throws(FilterError) {
            _ = try body()
            return []
        } catch {
            return error.details.map { "\($0.path) \($0.code)" }
        }
    }

    @Test func `a member with another spelling is unknown`() {
        let body: JSONValue = ["config\u{212A}ey": "K"]
        #expect(
            Self.config.newSchema.validate(body).map(\.code) == ["required", "additionalProperties"])
        #expect(Self.config.partialSchema.validate(["configKey": "\u{212A}"]).map(\.code) == ["enum"])
    }

    @Test func `elements that differ in their bytes are different`() {
        let schema = Schema.array(of: .string(), uniqueItems: true)
        #expect(schema.validate(["\u{E9}", "e\u{301}"]).isEmpty)
        #expect(schema.validate(["\u{E9}", "\u{E9}"]).map(\.code) == ["uniqueItems"])
    }

    @Test(arguments: [
        #"{"where": {"config\#u{212A}ey": "K"}}"#, #"{"order": "config\#u{212A}ey"}"#,
        #"{"fields": ["config\#u{212A}ey"]}"#, #"{"fields": {"config\#u{212A}ey": true}}"#,
        #"{"include": [{"relation": "own\#u{212A}ey"}]}"#, #"{"where": {"or": [{"config\#u{212A}ey": {"neq": "K"}}]}}"#,
    ])
    func `filters name fields and relations exactly`(_ json: String) {
        #expect(
            details { () throws(FilterError) in try Filter.parse(json: json, for: Self.config, in: catalog) }.count == 1
        )
        let spelled = json.replacing("\u{212A}", with: "K")
        #expect(
            details { () throws(FilterError) in try Filter.parse(json: spelled, for: Self.config, in: catalog) }.isEmpty
        )
    }

    @Test(arguments: ["configKey DE\u{17F}C", "configKey a\u{17F}c", "configKey K"])
    func `directions are ASCII`(_ order: String) {
        let json = String(decoding: JSONValue.object(["order": .string(order)]).serialized(), as: UTF8.self)
        #expect(
            details { () throws(FilterError) in try Filter.parse(json: json, for: Self.config, in: catalog) } == [
                "/order enum"
            ])
    }

    @Test func `brackets keep names apart that Swift takes as equal`() throws {
        let parameters = [
            QueryParameter("where[metaData][\u{E9}]", "1"), QueryParameter("where[metaData][e\u{301}]", "2"),
        ]
        let condition = try Where.parse(parameters, for: Self.config)
        let expected: JSONValue = ["\u{E9}": "1", "e\u{301}": "2"]
        #expect(condition == .equals("metaData", .json(expected.serialized())))
    }

    /// U+0600 forms one character with what follows it, U+0301 with what comes before.
    @Test func `patterns are read by bytes`() throws {
        func condition(_ name: String, _ pattern: String) throws(FilterError) -> Where {
            let json: JSONValue = ["configKey": .object(JSONObject([(name, .string(pattern))]))]
            return try Where.parse(json: String(decoding: json.serialized(), as: UTF8.self), for: Self.config)
        }
        #expect(details { () throws(FilterError) in try condition("like", "\u{600}\\") } == ["/configKey/like pattern"])
        #expect(details { () throws(FilterError) in try condition("like", "\u{600}\\\\") } == [])
        #expect(
            try condition("regexp", "/a/\u{301}/i")
                == .condition("configKey", .matches("a/\u{301}", isCaseSensitive: false)))
        #expect(
            try condition("regexp", "/\u{301}a/")
                == .condition("configKey", .matches("\u{301}a", isCaseSensitive: true)))
    }
}
