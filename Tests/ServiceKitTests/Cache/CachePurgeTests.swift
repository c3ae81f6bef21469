import Entities
import Primitives
import Synchronization
import Testing

@testable import ServiceKit

@Suite(.timeLimit(.minutes(20)))
struct CachePurgeTests {
    private let row = CacheNode.Row()

    /// Runs a purge and does something in the middle of it.
    private func purging(
        _ node: (SharedStoreDouble) async -> CacheNode, _ middle: @escaping @Sendable (CacheNode) async -> Void
    ) async -> (CacheNode, SharedStoreDouble) {
        let (gate, open) = AsyncStream<Never>.makeStream()
        let (purge, began) = AsyncStream<Void>.makeStream()
        let shared = SharedStoreDouble {
            began.yield()
            for await _ in gate {}
        }
        let node = await node(shared)
        async let connected: Void = node.connect()
        for await _ in purge.prefix(1) {}
        await middle(node)
        open.finish()
        await connected
        node.confirm()
        return (node, shared)
    }

    @Test func `a write during a purge is sent after it`() async throws {
        let row = row
        let (node, shared) = await purging({ await CacheNode($0, isReady: false) }) { node in
            // Another node has read the row before this node's write and stores it behind the purge.
            _ = await node.cache.shared.put([SharedEntry(row.id, row.read())])
            await node.write(row, 2, "two")
        }
        #expect(shared.value(row.id) == "2:two")
        #expect(try await node.text(row) == "two")
    }

    @Test func `an invalidation during a purge is sent after it`() async throws {
        let row = row
        let (node, shared) = await purging({ await CacheNode($0, isReady: false) }) { node in
            _ = await node.cache.shared.put([SharedEntry(row.id, row.read())])
            row.commit(2, "two")
            await node.cache.follow(.changed([RowVersion(id: row.id, version: 2)]))
        }
        #expect(shared.value(row.id) == "2:?")
        #expect(try await node.text(row) == "two")
    }

    @Test func `a purge that is wanted during a purge comes after it`() async throws {
        let (node, shared) = await purging({ await CacheNode($0, isReady: false) }) { node in
            node.cache.state.withLock { $0.reset() }
        }
        #expect(node.cache.state.withLock { $0.mustPurge })
        await node.cache.repair()
        #expect(!node.cache.state.withLock { $0.mustPurge })
        #expect(shared.contents.withLock { $0.purges } == 2)
    }

    @Test func `a server that was started again is purged and the same one is not`() async throws {
        let shared = SharedStoreDouble()
        let node = await CacheNode(shared)
        #expect(shared.contents.withLock { $0.purges } == 1, "at the first connection")
        await node.connect()
        #expect(shared.contents.withLock { $0.purges } == 1)
        shared.contents.withLock { $0.server = "2" }
        await node.connect()
        #expect(shared.contents.withLock { $0.purges } == 2)
    }

    @Test func `more missed writes than are remembered lead to a purge`() async throws {
        let shared = SharedStoreDouble()
        let node = await CacheNode(shared)
        shared.contents.withLock { $0.isConnected = false }
        let rows = (0...CacheState.unsentCapacity).map { _ in RowVersion(id: .v4(), version: 1) }
        await node.cache.invalidate(rows)
        #expect(node.cache.state.withLock { $0.mustPurge })
        shared.contents.withLock { $0.isConnected = true }
        await node.cache.repair()
        #expect(shared.contents.withLock { $0.purges } == 2)
        #expect(node.cache.state.withLock { $0.unsentRows }.isEmpty)
    }

    @Test func `nothing of before is used after a reset`() async throws {
        let shared = SharedStoreDouble()
        let node = await CacheNode(shared)
        _ = try await node.text(row)
        row.commit(2, "two")
        await node.cache.reset()
        #expect(try await node.text(row) == "two")
        #expect(shared.value(row.id) == "2:two")
    }
}
