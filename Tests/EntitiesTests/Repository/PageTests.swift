import JSONCoding
import PostgresClient
import Primitives
import Testing

@testable import Entities

/// Pages of lists: whatever the order, they hold every row once, in the order of the whole list.
@Suite struct PageTests {
    private let plans: EntityRepository
    private let scope = TenantScope.operatorScope(actor: Actor(id: Identifier.v4().description))

    init() async throws {
        plans = try await EntityDatabase.repository(TestModel.plan)
    }

    /// Rows of a unique name, with few different values and many unset ones, so that many keys are equal.
    private func rows(_ count: Int, named name: String) async throws {
        var generator = SystemRandomNumberGenerator()
        var rows: [FieldValues] = []
        for _ in 0..<count {
            var json: JSONObject = ["name": .string(name)]
            if Bool.random(using: &generator) { json["rank"] = .integer(Int.random(in: -1...1, using: &generator)) }
            if Bool.random(using: &generator) {
                json["price"] = .number(
                    JSONNumber(literal: ["1.5", "1.50", "0.1", "1e3"].randomElement() ?? "0") ?? JSONNumber(0))
            }
            if Bool.random(using: &generator) { json["isActive"] = .bool(Bool.random(using: &generator)) }
            if Bool.random(using: &generator) {
                json["validUntil"] = .string(["2026-01-05", "2026-01-05T00:00:00.0015Z"].randomElement() ?? "")
            }
            rows.append(try FieldValues(TestModel.plan, json: json))
        }
        _ = try await plans.createAll(rows, in: scope)
    }

    @Test(
        arguments: [
            [], [Order("rank")], [Order("rank", descending: true)],
            [Order("price"), Order("isActive", descending: true)],
            [Order("validUntil", descending: true), Order("rank")], [Order("isActive"), Order("id", descending: true)],
            [Order("createdOn")], [Order("name"), Order("validUntil")],
        ])
    func `the pages of a list are the list`(_ order: [Order]) async throws {
        let name = "P\(SecureRandom.hex(bytes: 6))"
        try await rows(60, named: name)
        var filter = Filter(where: .equals("name", .text(name)), fields: .only(names: ["name"]), order: order)
        let all = try await plans.find(filter, in: scope).map { try $0.id }
        #expect(all.count == 60)
        filter.limit = 7
        var walked: [Identifier] = []
        var cursor: PageCursor?
        repeat {
            let page = try await plans.page(filter, after: cursor, countsTotal: walked.isEmpty, in: scope)
            if walked.isEmpty { #expect(page.total == 60) } else { #expect(page.total == nil) }
            walked += try page.records.map { try $0.id }
            #expect(page.records.count <= 7)
            let text = page.next?.text
            cursor = try text.map { try PageCursor($0, order: order, of: TestModel.plan) }
            #expect(cursor == page.next)
        } while cursor != nil && walked.count < 200
        #expect(walked == all)
    }

    @Test func `rows inserted after the cursor are seen and rows inserted before it are not`() async throws {
        let name = "Q\(SecureRandom.hex(bytes: 6))"
        for rank in [1, 3, 5] {
            _ = try await plans.create(
                try FieldValues(TestModel.plan, json: ["name": .string(name), "rank": .integer(rank)]), in: scope)
        }
        let filter = Filter(where: .equals("name", .text(name)), order: [Order("rank")], limit: 2)
        let first = try await plans.page(filter, in: scope)
        #expect(try first.records.map { try $0.integer("rank") } == [1, 3])
        for rank in [0, 4] {
            _ = try await plans.create(
                try FieldValues(TestModel.plan, json: ["name": .string(name), "rank": .integer(rank)]), in: scope)
        }
        let second = try await plans.page(filter, after: first.next, in: scope)
        #expect(try second.records.map { try $0.integer("rank") } == [4, 5])
        #expect(second.next == nil)
    }

    /// Page after page, by the texts of their cursors, is the list as it is without a limit.
    private func expectWholeList(
        _ filter: Filter, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        var unlimited = filter
        unlimited.limit = nil
        let all = try await plans.find(unlimited, in: scope).map { try $0.id }
        var walked: [Identifier] = []
        var cursor: PageCursor?
        repeat {
            let page = try await plans.page(filter, after: cursor, in: scope)
            walked += try page.records.map { try $0.id }
            cursor = try page.next.map { try PageCursor($0.text, order: filter.order, of: TestModel.plan) }
        } while cursor != nil && walked.count <= all.count
        #expect(walked == all, sourceLocation: sourceLocation)
    }

    /// What cannot be compared again, or is too long to travel, is walked by numbers.
    @Test(arguments: [[Order("metaData")], [Order("tags", descending: true)], [Order("slug")]])
    func `orders whose keys cannot be compared are paged by number`(_ order: [Order]) async throws {
        let name = "R\(SecureRandom.hex(bytes: 6))"
        for number in 0..<9 {
            var values = try FieldValues(
                TestModel.plan, json: ["name": .string(name), "metaData": ["n": .integer(number % 2)], "tags": ["x"]])
            values["slug"] = .text(String(repeating: "é", count: 3000) + "\(number)")
            _ = try await plans.create(values, in: scope)
        }
        let filter = Filter(where: .equals("name", .text(name)), order: order, limit: 2)
        try await expectWholeList(filter)
    }

    /// Rows with NaN, or with an instant that no condition can name, have no keys: they are paged by their number.
    @Test(arguments: [[Order("price")], [Order("price", descending: true)], [Order("validUntil")]])
    func `rows whose keys no condition can name are paged by number`(_ order: [Order]) async throws {
        let name = "S\(SecureRandom.hex(bytes: 6))"
        for number in 0..<6 {
            var values = try FieldValues(TestModel.plan, json: ["name": .string(name)])
            values["price"] = .numeric(number < 2 ? "\(number)" : "NaN")
            values["validUntil"] = .timestamp(Timestamp(seconds: number < 2 ? 0 : 300_000_000_000 + Int64(number)))
            _ = try await plans.create(values, in: scope)
        }
        let filter = Filter(where: .equals("name", .text(name)), order: order, limit: 1)
        try await expectWholeList(filter)
    }

    @Test func `limit and skip may be the largest numbers`() async throws {
        let name = "T\(SecureRandom.hex(bytes: 6))"
        try await rows(2, named: name)
        let filter = Filter(where: .equals("name", .text(name)), limit: .max)
        let page = try await plans.page(filter, in: scope)
        #expect(page.records.count == 2 && page.next == nil)
        let behind = try await plans.page(Filter(where: filter.condition, limit: .max, skip: .max), in: scope)
        #expect(behind.records.isEmpty && behind.next == nil)
    }

    /// What an index of the first key can begin at; NULLs come last, so only properties that are always set have it.
    @Test(arguments: [
        (Order("createdOn"), #"t0."created_on" >= $"#), (Order("rank", descending: true), #"t0."rank" <= $"#),
        (Order("id"), #"t0."id" >= $"#),
    ])
    func `pages start in the index`(_ order: Order, _ bound: String) async throws {
        let name = "U\(SecureRandom.hex(bytes: 6))"
        for rank in 0..<2 {
            let values = try FieldValues(TestModel.plan, json: ["name": .string(name), "rank": .integer(rank)])
            _ = try await plans.create(values, in: scope)
        }
        let filter = Filter(where: .equals("name", .text(name)), order: [order], limit: 1)
        let next = try #require(try await plans.page(filter, in: scope).next)
        let sql = try plans.selectStatement(filter, after: next, in: scope).statement.sql
        #expect(sql.contains(bound), "\(sql)")
        #expect(try await plans.page(filter, after: next, in: scope).records.count == 1)
    }

    /// A cursor belongs to its list and order, also where others have keys of the same types.
    @Test func `cursors of other lists are refused`() async throws {
        let name = "V\(SecureRandom.hex(bytes: 6))"
        try await rows(2, named: name)
        let order = [Order("name")]
        let page = try await plans.page(Filter(where: .equals("name", .text(name)), order: order, limit: 1), in: scope)
        let text = try #require(page.next).text
        #expect(try PageCursor(text, order: order, of: TestModel.plan) == page.next)
        #expect(throws: Never.self) { try PageCursor(text, order: [Order("name"), Order("id")], of: TestModel.plan) }
        for (other, entity) in [
            ([Order("name", descending: true)], TestModel.plan), ([Order("slug")], TestModel.plan),
            (order, TestModel.tenant),
        ] {
            let error = #expect(throws: FilterError.self) { try PageCursor(text, order: other, of: entity) }
            #expect(error?.details.map(\.path) == ["/cursor"])
        }
    }

    @Test(arguments: ["", "zz", "00", Hex.encode(Array("{\"a\":1}".utf8)), String(repeating: "a", count: 10_000)])
    func `invalid cursors are refused`(_ text: String) {
        #expect(throws: FilterError.self) { try PageCursor(text, order: [Order("rank")], of: TestModel.plan) }
    }

    /// Cursors with the right digest, and something wrong about the rest.
    @Test(
        arguments: [
            [], [-1], [nil], [0, 1], [0, 1, nil], [1e99], [0, "x", "x"], [0, 1, 2, 3],
            [0, ["$ne": 1], "019b8d2c-7f00-7a51-9c3e-5d2f1a6b4c80"],
            [0, "1\u{0}", "019b8d2c-7f00-7a51-9c3e-5d2f1a6b4c80"],
        ] as [[JSONValue]])
    func `cursors with invalid keys are refused`(_ members: [JSONValue]) async throws {
        let name = "W\(SecureRandom.hex(bytes: 6))"
        try await rows(2, named: name)
        let order = [Order("rank")]
        let filter = Filter(where: .equals("name", .text(name)), order: order, limit: 1)
        let next = try #require(try await plans.page(filter, in: scope).next)
        let bytes = try #require(Hex.decode(next.text))
        let right = try #require(try JSONValue.parse(bytes).arrayValue)
        let forged = JSONValue.array(members.prefix(1) + [right[1]] + members.dropFirst())
        #expect(throws: FilterError.self) {
            try PageCursor(Hex.encode(forged.serialized()), order: order, of: TestModel.plan)
        }
        #expect(throws: Never.self) { try PageCursor(next.text, order: order, of: TestModel.plan) }
    }
}
