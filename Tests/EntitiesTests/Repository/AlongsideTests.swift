import JSONCoding
import PostgresClient
import Primitives
import Testing

@testable import Entities

/// Statements that travel with a write become true with it or not at all.
@Suite struct AlongsideTests {
    private let plans: EntityRepository

    init() async throws {
        plans = try await EntityDatabase.repository(TestModel.plan)
    }

    private func event(_ text: String) -> BoundStatement {
        BoundStatement("INSERT INTO main.outbox (text) VALUES ($1)", [.text(text)])
    }

    private func events(_ text: String) async throws -> Int {
        let result = try await plans.pool.query(
            "SELECT count(*) FROM main.outbox WHERE text = $1", [.text(text)], settings: TenantScope.system.settings)
        return try result[0].int(0)
    }

    private func plan(_ name: String) throws -> FieldValues {
        try FieldValues(TestModel.plan, json: ["name": .string(name)])
    }

    @Test func `alongside statements run with every write`() async throws {
        let text = "\(Identifier.v4())"
        let id = try await plans.create(try plan("a"), in: .system, alongside: [event(text)]).id
        let changed = try await plans.updateByID(id, try plan("b"), in: .system, alongside: [event(text), event(text)])
        #expect(try changed.text("name") == "b" && changed.version == 2)
        _ = try await plans.replaceByID(id, try plan("c"), in: .system, alongside: [event(text)])
        _ = try await plans.updateAll(
            try plan("d"), where: .equals("id", .identifier(id)), in: .system, alongside: [event(text)])
        let deleted = try await plans.deleteByID(id, in: .system, alongside: [event(text)])
        #expect(try deleted.boolean("deleted") && deleted.version == 5)
        #expect(try await plans.restoreByID(id, in: .system, alongside: [event(text)]).version == 6)
        #expect(try await events(text) == 7)
    }

    @Test func `alongside statements do not run without the row`() async throws {
        let text = "\(Identifier.v4())"
        let id = Identifier.v4()
        let missing = RepositoryError.notFound(entity: "Plan", table: "plans", id: id.description)
        await #expect(throws: missing) {
            try await plans.updateByID(id, try plan("x"), in: .system, alongside: [event(text)])
        }
        await #expect(throws: missing) { try await plans.deleteByID(id, in: .system, alongside: [event(text)]) }
        let row = try await plans.create(try plan("x"), in: .system).id
        await #expect(throws: RepositoryError.versionMismatch(current: 1)) {
            try await plans.replaceByID(row, try plan("y"), in: .system, ifVersion: 7, alongside: [event(text)])
        }
        #expect(try await events(text) == 0)
    }

    @Test func `marks of a context commit with every write and are given the row`() async throws {
        let text = "\(Identifier.v4())"
        let marked = WriteContext(
            scope: .system, now: SystemClock().now(),
            marks: [CommitMark { event("\(text) \($0.map(\.description) ?? "none")") }])
        let id = try await plans.create(try plan("a"), in: marked).id
        _ = try await plans.updateByID(id, try plan("b"), in: marked)
        _ = try await plans.replaceByID(id, try plan("c"), in: marked)
        _ = try await plans.deleteByID(id, in: marked)
        _ = try await plans.restoreByID(id, in: marked)
        let other = Identifier.v4()
        _ = try await plans.updateByID(id, try plan("d"), in: marked, resource: other)
        _ = try await plans.updateAll(try plan("e"), where: .equals("id", .identifier(id)), in: marked)
        try await marked.commitMarks(on: plans.pool)
        try await marked.withTransaction(on: plans.pool, resource: id) { _ in }
        #expect(try await events("\(text) \(id)") == 6)
        #expect(try await events("\(text) \(other)") == 1)
        #expect(try await events("\(text) none") == 2)
    }

    @Test func `marks of a context do not commit without the row or after an error`() async throws {
        let text = "\(Identifier.v4())"
        let marked = WriteContext(
            scope: .system, now: SystemClock().now(), marks: [CommitMark { _ in event(text) }])
        let id = Identifier.v4()
        let missing = RepositoryError.notFound(entity: "Plan", table: "plans", id: id.description)
        await #expect(throws: missing) { try await plans.updateByID(id, try plan("x"), in: marked) }
        await #expect(throws: missing) { try await plans.restoreByID(id, in: marked) }
        struct Failure: Error {}
        await #expect(throws: Failure.self) {
            try await marked.withTransaction(on: plans.pool, resource: nil) { _ in throw Failure() }
        }
        #expect(try await events(text) == 0)
    }

    @Test func `an error of a mark is not reported as one of the row`() async throws {
        let bad = WriteContext(
            scope: .system, now: SystemClock().now(), marks: [CommitMark { _ in event("bad") }])
        await #expect(throws: RepositoryError.invalid(field: nil, reason: .rejected)) {
            try await plans.create(try plan("\(Identifier.v4())"), in: bad)
        }
    }

    @Test func `a failing alongside statement undoes the write`() async throws {
        let name = "\(Identifier.v4())"
        await #expect(throws: RepositoryError.invalid(field: nil, reason: .rejected)) {
            try await plans.create(try plan(name), in: .system, alongside: [event("bad")])
        }
        #expect(try await plans.count(.equals("name", .text(name)), in: .system) == 0)
    }
}
