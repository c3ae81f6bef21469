import Entities
import NIOCore
import Primitives
import Synchronization
import Testing

@testable import ServiceKit

@Suite(.timeLimit(.minutes(20)))
struct EntityCacheTests {
    private let shared = SharedStoreDouble()
    private let row = CacheNode.Row()

    @Test func `a body is read once and then served from this process`() async throws {
        let node = await CacheNode(shared)
        for _ in 0..<3 { #expect(try await node.text(row) == "one") }
        #expect(row.reads == 1)
        #expect(shared.value(row.id) == "1:one")
    }

    @Test func `another node takes the body from the shared store`() async throws {
        let (a, b) = (await CacheNode(shared), await CacheNode(shared))
        _ = try await a.text(row)
        #expect(try await b.text(row) == "one")
        #expect(row.reads == 1)
    }

    @Test func `without word from PostgreSQL the cache is not used`() async throws {
        let node = await CacheNode(shared)
        _ = try await node.text(row)
        row.commit(2, "two")
        node.advance(EntityCache.maximumAge - .milliseconds(1))
        #expect(try await node.text(row) == "one")
        node.advance(.milliseconds(1))
        #expect(try await node.text(row) == "two", "neither this process nor the shared store is believed")
        node.confirm()
        #expect(shared.value(row.id) == "1:one", "what was read without trust is not shared either")
    }

    @Test func `the cache is not used before PostgreSQL was asked once`() async throws {
        let node = await CacheNode(shared, isReady: false)
        await node.connect()
        _ = await shared.put([SharedEntry(row.id, EntityCache.Body(version: 1, bytes: ByteBuffer(string: "old")))])
        #expect(try await node.text(row) == "one")
    }

    @Test func `a change that PostgreSQL reports removes older bodies everywhere`() async throws {
        let (a, b) = (await CacheNode(shared), await CacheNode(shared))
        _ = try await (a.text(row), b.text(row))
        row.commit(2, "two")
        await b.cache.rowsChanged([RowVersion(id: row.id, version: 2)])
        #expect(shared.value(row.id) == "2:?")
        #expect(try await b.text(row) == "two")
        #expect(shared.value(row.id) == "2:two")
        // The same report on the other node, whose own copy is old and whose report is late.
        await a.cache.rowsChanged([RowVersion(id: row.id, version: 2)])
        #expect(try await a.text(row) == "two")
        #expect(shared.value(row.id) == "2:two", "a body of the reported version stays")
        #expect(row.reads == 2)
    }

    @Test func `a node that is cut off serves its own writes and sends them later`() async throws {
        let (a, b) = (await CacheNode(shared), await CacheNode(shared))
        _ = try await (a.text(row), b.text(row))
        shared.contents.withLock { $0.isConnected = false }
        await a.write(row, 2, "two")
        #expect(try await a.text(row) == "two")
        shared.contents.withLock { $0.isConnected = true }
        #expect(shared.value(row.id) == "1:one")
        await a.cache.repair()
        #expect(shared.value(row.id) == "2:two")
    }

    @Test func `a store that refuses writes is not believed about what it refused`() async throws {
        let (a, b) = (await CacheNode(shared), await CacheNode(shared))
        _ = try await (a.text(row), b.text(row))
        shared.contents.withLock { $0.refusesWrites = true }
        await a.write(row, 2, "two")
        await b.cache.rowsChanged([RowVersion(id: row.id, version: 2)])
        for node in [a, b] {
            node.advance(.seconds(6))
            node.confirm()
            #expect(try await node.text(row) == "two")
            #expect(await node.cache.healthCheck.state() == .impaired("read-only"))
        }
        shared.contents.withLock { $0.refusesWrites = false }
        await b.cache.repair()
        #expect(shared.value(row.id) != "1:one")
        #expect(await a.cache.healthCheck.state() == .up)
    }

    @Test func `a write of unknown outcome makes what was there before it unusable`() async throws {
        let (a, b) = (await CacheNode(shared), await CacheNode(shared))
        _ = try await (a.text(row), b.text(row))
        row.commit(2, "two")
        await #expect(throws: RepositoryError.self) {
            try await a.cache.observing(row.id) { throw RepositoryError.outcomeUnknown }
        }
        #expect(shared.value(row.id) == "2:?")
        #expect(try await a.text(row) == "two")
        #expect(shared.value(row.id) == "2:two")
    }

    @Test func `a write that was refused changes nothing in the cache`() async throws {
        let node = await CacheNode(shared)
        _ = try await node.text(row)
        let refusals: [any Error] = [
            RepositoryError.conflict(detail: ""), RepositoryError.versionMismatch(current: 1),
            RepositoryError.notFound(entity: "", table: "", id: ""), RepositoryError.contention,
            RepositoryError.unavailable, HTTPFailure.notAllowed,
        ]
        for error in refusals {
            _ = try? await node.cache.observing(row.id) { throw error }
            #expect(shared.value(row.id) == "1:one")
        }
        _ = try await node.text(row)
        #expect(row.reads == 1)
        #expect(WriteOutcome.isUncertain(after: RepositoryError.outcomeUnknown))
        #expect(WriteOutcome.isUncertain(after: CancellationError()), "whatever its cause is")
    }

    @Test func `a slow reader does not bring back what a writer has replaced`() async throws {
        let node = await CacheNode(shared)
        let (gate, open) = AsyncStream<Never>.makeStream()
        let (reading, began) = AsyncStream<Void>.makeStream()
        let (cache, row) = (node.cache, row)
        async let slow = cache.body(of: row.id) {
            let body = row.read()
            began.yield()
            for await _ in gate {}
            return body
        }
        for await _ in reading.prefix(1) {}
        await node.write(row, 2, "two")
        open.finish()
        let answer = try await slow
        #expect(answer?.version == 1, "it was asked before the write")
        #expect(try await node.text(row) == "two")
        #expect(shared.value(row.id) == "2:two")
    }

    @Test func `rows that change together are one round trip`() async throws {
        let node = await CacheNode(shared)
        let before = shared.contents.withLock { $0.roundTrips }
        await node.cache.follow(.changed((0..<1000).map { _ in RowVersion(id: .v4(), version: 2) }))
        #expect(shared.contents.withLock { $0.roundTrips } == before + 1)
        #expect(shared.contents.withLock { $0.values.count } == 1000)
    }

    @Test func `fresh bodies replace cached ones`() async throws {
        let (a, b) = (await CacheNode(shared), await CacheNode(shared))
        _ = try await (a.text(row), b.text(row))
        row.commit(2, "two")
        let row = row
        #expect(try await a.cache.freshBody(of: row.id) { row.read() }?.version == 2)
        #expect(try await a.text(row) == "two")
        #expect(shared.value(row.id) == "2:two")
        #expect(try await b.cache.freshBody(of: row.id) { nil } == nil)
        #expect(shared.value(row.id) == "3:?")
    }
}
