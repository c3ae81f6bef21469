import JSONCoding
import PostgresClient
import Testing

@testable import Entities

@Suite struct FilterParseTests {
    private let catalog: EntityCatalog
    private let tenant = TestModel.tenant

    init() throws {
        catalog = try EntityCatalog(TestModel.all)
    }

    private func parse(_ json: String, limits: QueryLimits = QueryLimits()) throws(FilterError) -> Filter {
        try Filter.parse(json: json, for: tenant, in: catalog, limits: limits)
    }

    private func details(_ json: String, limits: QueryLimits = QueryLimits()) -> [String] {
        do {
            _ = try parse(json, limits: limits)
            return []
        } catch {
            return error.details.map { "\($0.path) \($0.code)" }
        }
    }

    @Test func `every key of a filter is read`() throws {
        let filter = try parse(
            """
            {"where": {"name": "x"}, "fields": {"name": true, "key": false}, "order": ["name DESC", "key asc, status"],
             "limit": 5, "skip": 2, "offset": 9,
             "include": ["lead", {"relation": "contacts", "scope": {"limit": 1, "include": [{"relation": "tenant"}]}}]}
            """)
        #expect(filter.condition == .equals("name", "x"))
        #expect(filter.fields == .only(names: ["name"]))
        #expect(filter.order == [Order("name", descending: true), Order("key"), Order("status")])
        #expect(filter.limit == 5)
        #expect(filter.skip == 2)
        #expect(
            filter.includes == [
                Inclusion("lead"),
                Inclusion("contacts", scope: Filter(limit: 1, include: [Inclusion("tenant")])),
            ])
    }

    @Test func `syntax errors are reported as such`() {
        let error = #expect(throws: FilterError.self) { try parse("{bad") }
        #expect(error?.code == "INVALID_PARAMETER_VALUE")
        #expect(error?.message == "Invalid data \"{bad\" for parameter \"filter\".")
        #expect(error?.syntaxError?.isEmpty == false)
        #expect(error?.details == [])
    }

    @Test func `schema violations are all reported`() {
        #expect(
            details(#"{"limit": 0, "skip": -1, "foo": 1, "where": [], "order": 5, "fields": 1, "include": "lead"}"#)
                == [
                    "/limit minimum", "/skip minimum", " additionalProperties", "/where type", "/order type",
                    "/fields type", "/include type",
                ])
        #expect(details("[]") == [" type"])
        #expect(details(#"{"limit": "5"}"#) == ["/limit type"])
        #expect(
            details(#"{"fields": {"nope": true, "name": "true"}}"#) == [
                "/fields additionalProperties", "/fields/name type",
            ])
        #expect(details(#"{"fields": ["nope", 1]}"#) == ["/fields/0 enum", "/fields/1 type"])
        #expect(details(#"{"order": "nope DESC"}"#) == ["/order additionalProperties"])
        #expect(
            details(#"{"include": [{"scope": {}}, {"relation": 1}, {"relation": "lead", "x": 1}, 4]}"#)
                == [
                    "/include/0 required", "/include/1/relation type", "/include/2 additionalProperties",
                    "/include/3 type",
                ])
        #expect(
            details(#"{"include": [{"relation": "lead", "scope": {"where": {"nope": 1}}}]}"#)
                == ["/include/0/scope/where additionalProperties"])
    }

    @Test func `errors name the parameter and its value`() {
        let error = #expect(throws: FilterError.self) { try parse(#"{"where": {"nope": 1}}"#) }
        #expect(error?.message == #"Invalid data {"where":{"nope":1}} for parameter "filter"."#)
        #expect(error?.details.first?.info == ["additionalProperty": "nope"])
    }

    @Test func `unknown relations and directions have their own errors`() {
        let error = #expect(throws: FilterError.self) { try parse(#"{"include": ["foo", "bar"]}"#) }
        #expect(error?.code == "INVALID_INCLUSION_FILTER")
        #expect(error?.message == #"Invalid "filter.include" entries: "foo"; "bar""#)
        #expect(error?.details.map(\.path) == ["/include/0", "/include/1"])
        #expect(error?.details.first?.code == "enum")
        let direction = #expect(throws: FilterError.self) { try parse(#"{"order": ["key", "name up"]}"#) }
        #expect(direction?.code == "INVALID_PARAMETER_VALUE")
        #expect(direction?.message == #"The order "name up" has invalid direction"#)
        #expect(direction?.details == [.enumeration("/order/1", ["ASC", "DESC"])])
    }

    @Test func `every error names its parameter`() {
        for json in [
            "{bad", #"{"limit": -1}"#, #"{"include": ["no"]}"#, #"{"order": "id up"}"#, #"{"where": {"$or": []}}"#,
        ] {
            #expect(#expect(throws: FilterError.self) { try parse(json) }?.parameter == "filter", "\(json)")
        }
        for json in ["{bad", #"{"no": 1}"#, #"{"$or": []}"#] {
            let error = #expect(throws: FilterError.self) { try Where.parse(json: json, for: TestModel.plan) }
            #expect(error?.parameter == "where", "\(json)")
        }
    }

    /// In an object a relation is restricted by the schema (docs/contract/arc-api.md 4.1), as a plain text it is not.
    @Test func `unknown relations in objects violate the schema`() {
        let error = #expect(throws: FilterError.self) { try parse(#"{"include": ["foo", {"relation": "nope"}]}"#) }
        #expect(error?.code == "INVALID_PARAMETER_VALUE")
        #expect(error?.details.map(\.path) == ["/include/0", "/include/1/relation"])
        #expect(
            error?.details.last
                == .enumeration("/include/1/relation", ["contacts", "resources", "lead", "customer"]))
    }

    @Test func `dollar keys are forbidden everywhere`() {
        for (json, path) in [
            (#"{"$where": 1}"#, ""), (#"{"where": {"$or": []}}"#, "/where"),
            (#"{"where": {"name": {"$gt": 1}}}"#, "/where/name"),
            (
                #"{"include": [{"relation": "lead", "scope": {"where": {"and": [{"$x": 1}]}}}]}"#,
                "/include/0/scope/where/and/0"
            ),
        ] {
            let error = #expect(throws: FilterError.self) { try parse(json) }
            #expect(error?.code == "OPERATOR_NOT_ALLOWED_IN_QUERY", "\(json)")
            #expect(error?.details.map { "\($0.path) \($0.code)" } == ["\(path) additionalProperties"], "\(json)")
        }
    }

    @Test func `find by id refuses where`() throws {
        let error = #expect(throws: FilterError.self) {
            try Filter.parse(json: #"{"where": {}}"#, for: tenant, in: catalog, allowsWhere: false)
        }
        #expect(error?.details == [.additionalProperty("", "where")])
        let filter = try Filter.parse(
            json: #"{"include": [{"relation": "contacts", "scope": {"where": {"type": "x"}}}]}"#, for: tenant,
            in: catalog, allowsWhere: false)
        #expect(filter.includes.count == 1)
    }

    @Test func `limits follow the contract`() throws {
        #expect(try parse("{}").limit == nil)
        #expect(try parse(#"{"skip": 1}"#).limit == 100)
        #expect(try parse(#"{"offset": 1}"#).skip == 1)
        #expect(try parse(#"{"skip": 0}"#).limit == nil)
        let limits = QueryLimits(defaultLimit: 20, maximumLimit: 50)
        #expect(try parse("{}", limits: limits).limit == 20)
        #expect(try parse(#"{"limit": 50}"#, limits: limits).limit == 50)
        #expect(try parse("{}", limits: QueryLimits(maximumLimit: 50)).limit == 50)
        #expect(details(#"{"limit": 51}"#, limits: limits) == ["/limit maximum"])
        let include = try parse(#"{"include": ["contacts", "lead"]}"#, limits: limits)
        #expect(include.includes.map(\.scope.limit) == [50, nil])
    }

    @Test func `depth, conditions and includes of a filter are limited`() {
        let limits = QueryLimits(
            maximumIncludeDepth: 2, maximumIncludes: 3, maximumConditions: 3, maximumWhereDepth: 2,
            maximumListValues: 2, maximumTextLength: 300)
        #expect(
            details(
                #"{"include":[{"relation":"contacts","scope":{"include":[{"relation":"tenant","scope":{"include":["lead"]}}]}}]}"#,
                limits: limits)
                == ["/include/0/scope/include/0/scope/include maxDepth"])
        #expect(details(#"{"include":["lead","lead","lead","lead"]}"#, limits: limits) == ["/include maxIncludes"])
        #expect(
            details(#"{"where":{"and":[{"and":[{"and":[{}]}]}]}}"#, limits: limits) == [
                "/where/and/0/and/0/and/0 maxDepth"
            ])
        #expect(
            details(#"{"where":{"name":{"neq":"a","gt":"b","lt":"c"},"key":"d"}}"#, limits: limits) == [
                "/where/key maxConditions"
            ])
        #expect(details(#"{"where":{"status":{"inq":[1,2,3]}}}"#, limits: limits) == ["/where/status/inq maxItems"])
        let long = #"{"where":{"name":"\#(String(repeating: "x", count: 300))"}}"#
        let error = #expect(throws: FilterError.self) { try parse(long, limits: limits) }
        #expect(error?.syntaxError?.contains("300 bytes") == true)
        #expect((error?.message.utf8.count ?? 1000) < 400)
    }

    @Test func `hidden properties do not exist`() throws {
        for json in [
            #"{"where": {"secretNote": "x"}}"#, #"{"order": "secretNote"}"#, #"{"fields": ["secretNote"]}"#,
        ] {
            #expect(throws: FilterError.self) { try Filter.parse(json: json, for: TestModel.lead, in: catalog) }
        }
    }

    /// By its limits a filter must not be able to ask for millions of rows.
    @Test func `the number of rows that a filter may ask for is limited`() throws {
        let limits = QueryLimits(defaultLimit: 100, maximumLimit: 1000, defaultIncludeLimit: 100, maximumRows: 250_000)
        func parse(_ json: String, single: Bool = false) throws -> Filter {
            try Filter.parse(
                json: json, for: TestModel.tenant, in: catalog, limits: limits, allowsWhere: !single)
        }
        let filter = try parse(#"{"limit": 1000, "include": ["contacts", "resources"]}"#)
        #expect(filter.includes.map(\.scope.limit) == [100, 100])
        let deep =
            #"{"relation": "contacts", "scope": {"include": [{"relation": "tenant", "scope": {"include": ["contacts"]}}]}}"#
        #expect(throws: FilterError.self) { try parse("{\"include\": [\(deep)]}") }
        #expect(throws: FilterError.self) {
            try parse(#"{"limit": 1000, "include": [{"relation": "contacts", "scope": {"limit": 1000}}]}"#)
        }
        let unbounded = QueryLimits(maximumRows: 250_000)
        #expect(try self.parse(#"{"limit": 300000}"#, limits: unbounded).limit == 300_000)
        #expect(details(#"{"limit": 300000, "include": ["lead"]}"#, limits: unbounded) == ["/include maxRows"])
        _ = try parse("{\"limit\": 10, \"include\": [\(deep)]}")
        _ = try parse("{\"include\": [\(deep)]}", single: true)
    }
}
