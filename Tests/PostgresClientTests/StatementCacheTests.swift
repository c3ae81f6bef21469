import Testing

@testable import PostgresClient

@Suite struct StatementCacheTests {
    private static func prepared(_ lookup: StatementCache.Lookup) -> StatementCache.Entry? {
        if case .prepare(let entry) = lookup { return entry }
        return nil
    }

    @Test func `a statement is prepared once`() throws {
        var cache = StatementCache(capacity: 2)
        let entry = try #require(Self.prepared(cache.lookup("a", types: [20])))
        guard case .found(let found) = cache.lookup("a", types: [20]) else {
            Issue.record("prepared twice")
            return
        }
        #expect(found.number == entry.number)
    }

    @Test func `the least recently used statement is evicted`() throws {
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

    @Test func `null matches any type, and a type learned later replaces it`() throws {
        var cache = StatementCache(capacity: 2)
        let unknown = try #require(Self.prepared(cache.lookup("a", types: [0, 25])))
        let known = try #require(Self.prepared(cache.lookup("a", types: [20, 0])))
        #expect(known.types == [20, 25])
        #expect(cache.takeEvicted() == [unknown.number])
        #expect(Self.prepared(cache.lookup("a", types: [0, 0])) == nil)
        #expect(Self.prepared(cache.lookup("a", types: [20, 25])) == nil)
        #expect(Self.prepared(cache.lookup("a", types: [23, 25])) != nil)
    }

    @Test func `a failed preparation is forgotten`() throws {
        var cache = StatementCache(capacity: 2)
        let entry = try #require(Self.prepared(cache.lookup("a", types: [])))
        cache.remove(number: entry.number)
        #expect(cache.count == 0)
        #expect(Self.prepared(cache.lookup("a", types: [])) != nil)
        #expect(cache.takeEvicted().isEmpty)
    }
}
