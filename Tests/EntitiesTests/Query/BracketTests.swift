import PostgresClient
import Testing

@testable import Entities

/// The bracket form of filters: everything that is written counts, or is refused.
@Suite struct BracketTests {
    private let catalog: EntityCatalog
    private let tenant = TestModel.tenant

    init() throws {
        catalog = try EntityCatalog(TestModel.all)
    }

    private func parse(_ json: String) throws(FilterError) -> Filter {
        try Filter.parse(json: json, for: tenant, in: catalog)
    }

    private func parse(brackets: [(String, String)]) throws(FilterError) -> Filter {
        try Filter.parse(brackets.map { QueryParameter($0.0, $0.1) }, for: tenant, in: catalog)
    }

    @Test func `filters in bracket notation mean the same as JSON`() throws {
        let filter = try parse(brackets: [
            ("filter[where][and][0][name]", "x"), ("filter[where][and][1][status][inq][]", "1"),
            ("filter[where][and][1][status][inq][]", "2"), ("filter[fields][name]", "true"),
            ("filter[order][0]", "name DESC"), ("filter[order][1]", "key"), ("filter[limit]", "5"),
            ("filter[offset]", "3"), ("filter[include][0][relation]", "contacts"),
            ("filter[include][0][scope][limit]", "2"), ("other", "1"),
        ])
        let same = try parse(
            """
            {"where": {"and": [{"name": "x"}, {"status": {"inq": [1, 2]}}]}, "fields": {"name": true},
             "order": ["name DESC", "key"], "limit": 5, "offset": 3,
             "include": [{"relation": "contacts", "scope": {"limit": 2}}]}
            """)
        #expect(filter == same)
        #expect(try parse(brackets: [("filter[include]", "lead")]).includes == [Inclusion("lead")])
        #expect(try parse(brackets: [("filter[fields]", "name")]).fields == .only(names: ["name"]))
        #expect(try parse(brackets: []) == Filter())
    }

    @Test func `both notations at once are refused`() {
        #expect(throws: FilterError.self) { try parse(brackets: [("filter", "{}"), ("filter[limit]", "1")]) }
        #expect(throws: FilterError.self) { try parse(brackets: [("filter", "{}"), ("filter", "{}")]) }
    }

    @Test func `empty brackets make lists`() throws {
        #expect(
            try parse(brackets: [("filter[where][status][inq][]", "1")])
                == parse(#"{"where": {"status": {"inq": [1]}}}"#))
        #expect(
            try parse(brackets: [("filter[include][][relation]", "contacts"), ("filter[include][][relation]", "lead")])
                == parse(#"{"include": ["contacts", "lead"]}"#))
        #expect(
            try parse(brackets: [("filter[where][or][][name]", "x"), ("filter[where][or][][name]", "y")])
                == parse(#"{"where": {"or": [{"name": "x"}, {"name": "y"}]}}"#))
        #expect(
            try parse(brackets: [("filter[where][domains][]", "acme.com")]).condition
                == .equals("domains", .textArray(["acme.com"])))
        #expect(
            try parse(brackets: [("filter[where][domains]", "acme.com")]).condition
                == .condition("domains", .contains("acme.com")))
        #expect(try parse(brackets: [("filter[include][]", "lead")]).includes == [Inclusion("lead")])
    }

    /// As the qs library compacts them.
    @Test func `numbered lists may have gaps`() throws {
        let filter = try parse(brackets: [
            ("filter[where][status][inq][10]", "3"), ("filter[where][status][inq][2]", "1"),
        ])
        #expect(filter.condition == .oneOf("status", [.int64(1), .int64(3)]))
    }

    @Test(arguments: [
        [("where[key]", "A"), ("where[key][neq]", "B")], [("where[key][neq]", "B"), ("where[key]", "A")],
        [("where[status][inq][]", "1"), ("where[status][inq][1]", "2")],
        [("where[status][inq][0]", "1"), ("where[status][inq][]", "2")],
        [("where[or][][name]", "x"), ("where[or][][status]", "1")],
        [("where[and][][status][inq][]", "1"), ("where[and][][status][inq][]", "2")],
    ])
    func `ambiguous brackets are refused`(_ parameters: [(String, String)]) throws {
        let error = #expect(throws: FilterError.self) {
            try Where.parse(parameters.map { QueryParameter($0.0, $0.1) }, for: tenant)
        }
        #expect(error?.code == "INVALID_PARAMETER_VALUE")
        #expect(error?.details.map(\.code) == ["ambiguous"])
        #expect(error?.details.first?.path.isEmpty == false)
    }

    @Test(arguments: [
        "where[and][00][name]", "where[and][+0][name]", "where[and][-0][name]", "where[status][nin][00]",
        "where[key", "where[key]b", "where[", "where[key]]", "where" + String(repeating: "[a]", count: 41), "where[]",
        "where[][name]", "where[status][nin][a]",
    ])
    func `brackets that name no place are refused`(_ name: String) {
        let error = #expect(throws: FilterError.self) {
            try Where.parse([QueryParameter(name, "1"), QueryParameter("where[name]", "x")], for: tenant)
        }
        #expect(error?.details.isEmpty == false)
    }

    @Test func `other parameters are ignored`() throws {
        #expect(try Where.parse([QueryParameter("wherever", "1"), QueryParameter("a[b", "1")], for: tenant) == nil)
    }
}
