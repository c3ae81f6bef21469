import Testing

@testable import PostgresClient

@Suite struct PipelineTests {
    private static func make(_ steps: Pipeline.Step...) -> Pipeline {
        var pipeline = Pipeline()
        for step in steps { pipeline.append(step) }
        return pipeline
    }

    @Test func resultsBelongToTheirStatements() {
        var pipeline = Self.make(.control, .prepare(number: 1, index: 0), .statement(index: 0), .statement(index: 1))
        #expect(pipeline.receive(.rows) == .discard)
        #expect(pipeline.receive(.end) == .discard)
        #expect(pipeline.receive(.command) == .discard)
        #expect(pipeline.receive(.end) == .discard)
        #expect(pipeline.receive(.rows) == .keep(index: 0))
        #expect(pipeline.receive(.end) == .discard)
        #expect(pipeline.receive(.command) == .keep(index: 1))
        #expect(pipeline.receive(.end) == .discard)
        #expect(pipeline.receive(.sync) == .finished)
        #expect(pipeline.isFinished)
        #expect(pipeline.undone.isEmpty)
    }

    @Test func whatFollowsAnErrorIsUndone() {
        var pipeline = Self.make(
            .statement(index: 0), .prepare(number: 7, index: 1), .statement(index: 1), .deallocate(number: 3))
        #expect(pipeline.receive(.error) == .fail(index: 0))
        #expect(pipeline.receive(.end) == .discard)
        for _ in 0..<3 {
            #expect(pipeline.receive(.aborted) == .discard)
            #expect(pipeline.receive(.end) == .discard)
        }
        #expect(pipeline.receive(.sync) == .finished)
        #expect(pipeline.hasFailed)
        #expect(pipeline.undone.contains(.prepare(number: 7, index: 1)))
        #expect(pipeline.undone.contains(.deallocate(number: 3)))
    }

    @Test func aFailedPreparationBelongsToItsStatement() {
        var pipeline = Self.make(.prepare(number: 1, index: 4), .statement(index: 4))
        #expect(pipeline.receive(.error) == .fail(index: 4))
        #expect(pipeline.undone == [.prepare(number: 1, index: 4)])
    }

    @Test func anErrorInTheSettingsBelongsToNoStatement() {
        var pipeline = Self.make(.control, .statement(index: 0))
        #expect(pipeline.receive(.error) == .fail(index: nil))
    }

    @Test func nonsenseIsAViolation() {
        var twoEnds = Self.make(.statement(index: 0))
        #expect(twoEnds.receive(.end) == .violation, "would repeat forever")
        var early = Self.make(.statement(index: 0))
        #expect(early.receive(.sync) == .violation)
        var late = Self.make()
        #expect(late.receive(.rows) == .violation)
        var copy = Self.make(.statement(index: 0))
        #expect(copy.receive(.unexpected) == .violation)
        var twice = Self.make(.statement(index: 0))
        _ = twice.receive(.rows)
        #expect(twice.receive(.rows) == .violation)
        var over = Self.make()
        #expect(over.receive(.sync) == .finished)
        #expect(over.receive(.sync) == .violation)
    }
}

@Suite struct StatementCacheTests {
    private static func prepared(_ lookup: StatementCache.Lookup) -> StatementCache.Entry? {
        if case .prepare(let entry) = lookup { return entry }
        return nil
    }

    @Test func preparesOnce() throws {
        var cache = StatementCache(capacity: 2)
        let entry = try #require(Self.prepared(cache.lookup("a", types: [20])))
        guard case .found(let found) = cache.lookup("a", types: [20]) else {
            Issue.record("prepared twice")
            return
        }
        #expect(found.number == entry.number)
    }

    @Test func theOneUnusedForLongestGivesWay() throws {
        var cache = StatementCache(capacity: 2)
        let a = try #require(Self.prepared(cache.lookup("a", types: [])))
        let b = try #require(Self.prepared(cache.lookup("b", types: [])))
        _ = cache.lookup("a", types: [])
        _ = cache.lookup("c", types: [])
        #expect(cache.count == 2)
        #expect(cache.takeEvicted() == [b.number])
        #expect(cache.takeEvicted().isEmpty)
        #expect(Self.prepared(cache.lookup("a", types: [])) == nil, "\(a.number) was used lately")
    }

    @Test func nullFitsAnyTypeAndATypeLearnedLaterReplacesIt() throws {
        var cache = StatementCache(capacity: 2)
        let unknown = try #require(Self.prepared(cache.lookup("a", types: [0, 25])))
        let known = try #require(Self.prepared(cache.lookup("a", types: [20, 0])))
        #expect(known.types == [20, 25])
        #expect(cache.takeEvicted() == [unknown.number])
        #expect(Self.prepared(cache.lookup("a", types: [0, 0])) == nil)
        #expect(Self.prepared(cache.lookup("a", types: [20, 25])) == nil)
        #expect(Self.prepared(cache.lookup("a", types: [23, 25])) != nil)
    }

    @Test func aFailedPreparationIsForgotten() throws {
        var cache = StatementCache(capacity: 2)
        let entry = try #require(Self.prepared(cache.lookup("a", types: [])))
        cache.remove(number: entry.number)
        #expect(cache.count == 0)
        #expect(Self.prepared(cache.lookup("a", types: [])) != nil)
        #expect(cache.takeEvicted().isEmpty)
    }
}

@Suite struct RequestTests {
    @Test func aStatementTimeoutOfItsOwnMovesTheDeadline() {
        let item = BoundStatement("SELECT 1")
        #expect(Request(items: [item]).statementTimeout == nil)
        let own = [PostgresSetting("statement_timeout", "60000")]
        #expect(Request(settings: own, items: [item]).statementTimeout == 60_000_000_000)
        #expect(Request(items: [item], inherited: own).statementTimeout == 60_000_000_000)
        let unknown = [PostgresSetting("statement_timeout", "1min")]
        #expect(Request(settings: unknown, items: [item], inherited: own).statementTimeout == 0, "the server's alone")
    }

    @Test func settingsBecomeOneStatement() {
        for count in [1, 2, 8, 9] {
            let item = Request.settingsItem((0..<count).map { PostgresSetting("a.n\($0)", "\($0)") })
            #expect(item.values.count == 2 * count)
            #expect(item.statement.sql.hasSuffix("set_config($\(2 * count - 1),$\(2 * count),true)"))
        }
    }
}
