import JSONCoding
import PostgresClient
import Primitives
import Testing

@testable import Entities

/// Every operator of docs/contract/arc-api.md 4.2 against PostgreSQL: which of three plans it selects.
@Suite struct OperatorTests {
    private static let seeded = Task<EntityRepository, any Error> {
        let plans = try await EntityDatabase.repository(TestModel.plan)
        let bodies: [JSONObject] = [
            [
                "name": "op-alpha", "price": 10, "rank": 1, "views": 9_007_199_254_740_993, "isActive": true,
                "validUntil": "2026-01-05", "metaData": ["a": 1], "tags": ["x", "y"],
                "ownerId": "0198a3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d",
            ],
            [
                "name": "op-Beta%", "price": 20.5, "rank": 2, "isActive": false,
                "validUntil": "2026-02-05T10:00:00.123456Z", "tags": ["y"],
            ],
            ["name": "op-gamma_c", "price": 30],
        ]
        var rows: [FieldValues] = []
        for body in bodies { rows.append(try FieldValues(TestModel.plan, json: body)) }
        _ = try await plans.createAll(rows, in: .system)
        return plans
    }

    @Test(arguments: [
        (#"{"price": 10}"#, "alpha"), (#"{"price": {"eq": 20.50}}"#, "Beta%"),
        (#"{"price": {"neq": 10}}"#, "Beta% gamma_c"), (#"{"price": {"gt": 10}}"#, "Beta% gamma_c"),
        (#"{"price": {"gte": 10, "lt": 30}}"#, "alpha Beta%"), (#"{"price": {"lte": 20.5}}"#, "alpha Beta%"),
        (#"{"price": {"between": [10, 20.5]}}"#, "alpha Beta%"), (#"{"price": {"inq": [10, 30]}}"#, "alpha gamma_c"),
        (#"{"price": {"nin": [10, 30]}}"#, "Beta%"), (#"{"rank": {"inq": [1, 99999999999]}}"#, "alpha"),
        (#"{"rank": {"inq": [1, null]}}"#, "alpha gamma_c"), (#"{"rank": {"nin": [1, null]}}"#, "Beta%"),
        (#"{"rank": {"inq": []}}"#, ""), (#"{"rank": {"nin": []}}"#, "alpha Beta% gamma_c"),
        (#"{"rank": null}"#, "gamma_c"), (#"{"rank": {"neq": null}}"#, "alpha Beta%"),
        (#"{"rank": {"exists": false}}"#, "gamma_c"), (#"{"views": 9007199254740993}"#, "alpha"),
        (#"{"views": 9007199254740992}"#, ""), (#"{"isActive": true}"#, "alpha"),
        (#"{"isActive": {"inq": [true, false]}}"#, "alpha Beta%"), (#"{"validUntil": "2026-01-05"}"#, "alpha"),
        (#"{"validUntil": {"gt": "2026-01-05T00:00:00.000Z"}}"#, "Beta%"),
        (#"{"validUntil": {"inq": ["2026-02-05T11:00:00.123456+01:00"]}}"#, "Beta%"),
        (#"{"name": {"like": "op-a%"}}"#, "alpha"), (#"{"name": {"like": "op-b%"}}"#, ""),
        (#"{"name": {"ilike": "op-b%"}}"#, "Beta%"), (#"{"name": {"nlike": "op-a%"}}"#, "Beta% gamma_c"),
        (#"{"name": {"nilike": "OP-B%"}}"#, "alpha gamma_c"), (#"{"name": {"like": "%\\%"}}"#, "Beta%"),
        (#"{"name": {"like": "%a\\_c"}}"#, "gamma_c"), (#"{"name": {"regexp": "^op-[ab]"}}"#, "alpha"),
        (#"{"name": {"regexp": "/^OP-[AB]/i"}}"#, "alpha Beta%"), (#"{"price": {"like": "20%"}}"#, "Beta%"),
        (#"{"metaData": {"a": 1}}"#, "alpha"), (#"{"metaData": {"neq": null}}"#, "alpha"),
        (#"{"metaData": {"inq": [{"a": 1}]}}"#, "alpha"),
        (#"{"tags": "y"}"#, "alpha Beta%"), (#"{"tags": ["y"]}"#, "Beta%"), (#"{"tags": {"neq": ["y"]}}"#, "alpha"),
        (#"{"tags": {"neq": "x"}}"#, "Beta%"), (#"{"tags": {"inq": ["x", "z"]}}"#, "alpha"),
        (#"{"tags": {"inq": ["x", null]}}"#, "alpha gamma_c"), (#"{"tags": {"nin": ["x"]}}"#, "Beta%"),
        (#"{"tags": {"nin": ["x", null]}}"#, "Beta%"), (#"{"tags": {"nin": [null]}}"#, "alpha Beta%"),
        (#"{"tags": {"inq": []}}"#, ""), (#"{"tags": {"nin": []}}"#, "alpha Beta% gamma_c"),
        (#"{"ownerId": "0198A3C4-5E6F-7A8B-9C0D-1E2F3A4B5C6D"}"#, "alpha"),
        (#"{"ownerId": {"inq": ["0198a3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d"]}}"#, "alpha"),
        (#"{"ownerId": {"like": "0198%"}}"#, "alpha"),
        (#"{"or": [{"rank": 1}, {"price": 30}]}"#, "alpha gamma_c"),
        (#"{"or": [{"rank": 1}, {"price": 30}], "price": {"lt": 30}}"#, "alpha"),
        (#"{"and": [{"rank": {"gt": 0}}, {"rank": {"lt": 2}}]}"#, "alpha"), (#"{"or": []}"#, ""),
        (#"{"or": [{}, {"rank": 1}]}"#, "alpha Beta% gamma_c"), (#"{"and": []}"#, "alpha Beta% gamma_c"),
        (#"{"deleted": true}"#, ""), (#"{"rank": {"gt": 1, "lt": 2}}"#, ""),
    ])
    func `every operator selects its rows`(_ json: String, _ expected: String) async throws {
        let plans = try await Self.seeded.value
        let condition = try Where.parse(json: json, for: TestModel.plan)
        let filter = Filter(
            where: condition.and(.condition("name", .like("op-%", isCaseSensitive: true, isNegated: false))),
            order: [Order("price")])
        let names = try await plans.find(filter, in: .system).map { try $0.text("name").dropFirst(3) }
        #expect(names.joined(separator: " ") == expected)
        #expect(try await plans.count(filter.condition, in: .system) == names.count)
    }

    @Test func `order, limit and skip apply`() async throws {
        let plans = try await Self.seeded.value
        func names(_ json: String) async throws -> String {
            var filter = try Filter.parse(json: json, for: TestModel.plan, in: plans.catalog)
            filter.condition = .condition("name", .like("op-%", isCaseSensitive: true, isNegated: false))
            return try await plans.find(filter, in: .system).map { try $0.text("name").dropFirst(3) }.joined(
                separator: " ")
        }
        #expect(try await names(#"{"order": "price DESC"}"#) == "gamma_c Beta% alpha")
        #expect(try await names(#"{"order": ["isActive desc", "price"]}"#) == "gamma_c alpha Beta%")
        #expect(try await names(#"{"limit": 1, "skip": 1}"#) == "Beta%")
        #expect(try await names(#"{"offset": 1}"#) == "Beta% gamma_c")
    }

    @Test func `an invalid pattern is an error of the client`() async throws {
        let plans = try await Self.seeded.value
        for pattern in ["(", "a{1,99999}", "[", "*?+"] {
            let condition = Where.condition("name", .matches(pattern, isCaseSensitive: true))
            for (parameter, path, read) in [
                ("where", "", { _ = try await plans.count(condition, in: .system) }),
                ("filter", "/where", { _ = try await plans.find(Filter(where: condition), in: .system) }),
                ("filter", "/where", { _ = try await plans.page(Filter(where: condition, limit: 1), in: .system) }),
                (
                    "where", "",
                    { _ = try await plans.updateAll(FieldValues(TestModel.plan), where: condition, in: .system) }
                ),
            ] as [(String, String, () async throws -> Void)] {
                let error = await #expect(throws: RepositoryError.self) { try await read() }
                guard case .invalidFilter(.invalidPattern(parameter, let details)) = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
                #expect(details.map(\.path) == [path])
                #expect(details.first?.info == ["properties": ["name"]])
            }
        }
    }

    /// Parsers refuse such values; one that passes them is a mistake neither of a body nor of the service.
    @Test func `a value that the database refuses is an error of the filter`() async throws {
        let plans = try await Self.seeded.value
        let condition = Where.oneOf("name", [.text("no text of PostgreSQL holds \u{0}")])
        for (path, read) in [
            ("", { _ = try await plans.count(condition, in: .system) }),
            ("/where", { _ = try await plans.find(Filter(where: condition), in: .system) }),
        ] as [(String, () async throws -> Void)] {
            let error = await #expect(throws: RepositoryError.self) { try await read() }
            guard case .invalidFilter(let filterError) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(filterError.code == "INVALID_PARAMETER_VALUE")
            #expect(filterError.details.map(\.path) == [path])
        }
    }

    /// Whatever parses must run: random filters, on PostgreSQL.
    @Test func `conditions on every type run`() async throws {
        let plans = try await Self.seeded.value
        let operands: [String: String] = [
            "name": "\"a\"", "price": "1.5e2", "rank": "-3", "views": "5", "isActive": "true",
            "validUntil": "\"2026-01-05\"", "metaData": "[1]", "ownerId": "\"0198a3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d\"",
            "deleted": "false", "createdOn": "\"2026-01-05\"", "id": "\"0198a3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d\"",
            "slug": "\"s\"",
        ]
        for (name, operand) in operands {
            for condition in [
                "{\"eq\": \(operand)}", "{\"neq\": \(operand)}", "{\"gt\": \(operand), \"lte\": \(operand)}",
                "{\"between\": [\(operand), \(operand)]}", "{\"inq\": [\(operand), null]}", "{\"nin\": [\(operand)]}",
                "{\"like\": \"a%\"}", "{\"regexp\": \"a\"}", "{\"exists\": true}", "null",
            ] {
                let json = "{\"\(name)\": \(condition)}"
                _ = try await plans.count(try Where.parse(json: json, for: TestModel.plan), in: .system)
            }
            _ = try await plans.find(Filter(order: [Order(name)], limit: 1), in: .system)
        }
    }
}
