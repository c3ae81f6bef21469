import JSONCoding
import PostgresClient
import Primitives
import Testing

@testable import Entities

/// What an answer shows of an instant is a condition that finds the row, also for rows that older versions have written
/// with microseconds.
@Suite struct ShownInstantTests {
    private let plans: EntityRepository
    private let name = "instant-\(Identifier.v4())"

    init() async throws {
        plans = try await EntityDatabase.repository(TestModel.plan)
    }

    /// Adds a row whose `valid_until` is exactly the given one.
    private func insert(_ instant: String) async throws {
        _ = try await plans.pool.query(
            "INSERT INTO main.plans (name, valid_until) VALUES ($1, $2::text::timestamptz)",
            [.text(name), .text(instant)], settings: TenantScope.everyTenant)
    }

    private func shown(_ condition: JSONValue) async throws -> [String] {
        let json = String(decoding: JSONValue.object(["validUntil": condition]).serialized(), as: UTF8.self)
        let parsed = try Where.parse(json: json, for: TestModel.plan)
        let filter = Filter(where: parsed.and(.equals("name", .text(name))), order: [Order("validUntil")])
        return try await plans.find(filter, in: .system).map { try $0.timestamp("validUntil").description }
    }

    @Test(arguments: ["2026-01-05T10:00:00.123456Z", "2026-01-05T10:00:00.123999Z", "2026-01-05T10:00:00.123Z"])
    func `every operator compares what is shown`(_ stored: String) async throws {
        let value: JSONValue = "2026-01-05T10:00:00.123Z"
        let (before, after): (JSONValue, JSONValue) = ("2026-01-05T10:00:00.122Z", "2026-01-05T10:00:00.124Z")
        try await insert(stored)
        let all = [value.stringValue ?? ""]
        for condition: JSONValue in [
            value, ["eq": value], ["gte": value], ["lte": value], ["between": [value, value]],
            ["between": [before, value]], ["between": [value, after]], ["inq": [before, value]],
            ["nin": [before, after]],
            ["gt": before], ["lt": after], ["neq": before], ["neq": after],
            // Further digits of a condition are dropped, as those of a body are.
            ["eq": "2026-01-05T10:00:00.123789Z"], ["lte": "2026-01-05T10:00:00.1230001Z"],
        ] {
            #expect(try await shown(condition) == all, "\(condition)")
        }
        for condition: JSONValue in [
            before, after, ["gt": value], ["lt": value], ["neq": value], ["nin": [value]], ["inq": [before, after]],
            ["between": [after, after]], ["lte": before], ["gte": after], ["gt": "2026-01-05T10:00:00.123001Z"],
        ] {
            #expect(try await shown(condition) == [], "\(condition)")
        }
    }

    @Test(arguments: [
        #""2026-01-05""#, #"{"gt": "2026-01-05"}"#, #"{"gte": "2026-01-05"}"#, #"{"lt": "2026-01-05"}"#,
        #"{"lte": "2026-01-05"}"#, #"{"between": ["2026-01-05", "2026-01-06"]}"#,
        #"{"inq": ["2026-01-05", "2026-01-06"]}"#,
    ])
    func `conditions on instants can use an index of the column`(_ condition: String) async throws {
        let filter = Filter(
            where: try Where.parse(json: #"{"validUntil": \#(condition)}"#, for: TestModel.plan),
            order: [Order("validUntil")])
        let select = try plans.selectStatement(filter, in: .system).statement
        // The table is small: without the setting the planner would rather read all of it.
        let plan = try await plans.pool.query(
            PostgresStatement("EXPLAIN \(select.sql)", prepared: false), select.values,
            settings: TenantScope.everyTenant + [PostgresSetting("enable_seqscan", "off")])
        let lines = try plan.rows.map { try $0.text(0) }
        #expect(lines.contains { $0.contains("Index Cond: ((valid_until") || $0.contains("Index Cond: (valid_until") })
    }

    @Test func `polling with gt returns each row once`() async throws {
        for microsecond in ["000001", "000500", "001000", "001999", "002000"] {
            try await insert("2026-01-05T10:00:00.\(microsecond)Z")
        }
        var seen: [String] = []
        var last: JSONValue = "2026-01-01"
        while true {
            let page = try await shown(["gt": last])
            guard let first = page.first else { break }
            let rows = page.filter { $0 == first }
            seen += rows
            last = .string(first)
        }
        #expect(seen.count == 5)
        #expect(try await shown(["gt": "2026-01-05T10:00:00.002Z"]).isEmpty)
    }

    @Test func `pages of rows that are shown alike hold each of them once`() async throws {
        for microsecond in 0..<20 { try await insert("2026-01-05T10:00:00.0000\(microsecond + 10)Z") }
        let filter = Filter(
            where: .equals("name", .text(name)), order: [Order("validUntil", descending: true)], limit: 3)
        var cursor: PageCursor?
        var ids: [Identifier] = []
        repeat {
            let page = try await plans.page(filter, after: cursor, in: .system)
            ids += try page.records.map { try $0.id }
            cursor = try page.next.map { try PageCursor($0.text, order: filter.order, of: TestModel.plan) }
        } while cursor != nil
        #expect(ids.count == 20 && Set(ids).count == 20)
    }

    @Test func `bodies keep milliseconds`() async throws {
        let values = try FieldValues(
            TestModel.plan, json: ["name": .string(name), "validUntil": "2026-01-05T10:00:00.123999Z"])
        let record = try await plans.create(values, in: .system)
        #expect(try record.timestamp("validUntil") == Timestamp(iso8601: "2026-01-05T10:00:00.123Z"))
        var changes = FieldValues(TestModel.plan)
        changes["validUntil"] = .timestamp(Timestamp(microseconds: 1_999_999))
        let changed = try await plans.updateByID(try record.id, changes, in: .system)
        #expect(try changed.timestamp("validUntil") == Timestamp(microseconds: 1_999_000))
        let deleted = try await plans.deleteByID(try record.id, in: .system)
        #expect(try deleted.timestamp("deletedOn").microseconds.isMultiple(of: 1000))
    }
}
