import Entities
import Logging
import RedisClient
package import ServiceLifecycle
import Synchronization

extension EntityCache: Service {
    /// Follows Redis' invalidation push and repairs the shared cache, until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask { await self.follow() }
                group.addTask { await self.repairPeriodically() }
            }
        }
    }

    private func follow() async {
        for await event in shared.invalidations() {
            switch event {
            case .connected:
                let server = await connectedServer()
                state.withLock { $0.connected(server: server) }
                await repair()
                state.withLock { $0.follow() }
            case .disconnected:
                state.withLock { $0.unfollow() }
            case .keys(let keys):
                let ids = keys.compactMap { shared.identifier(ofKey: $0) }
                state.withLock { state in
                    for id in ids { state.invalidated(id) }
                }
            case .all:
                state.withLock { $0.forgetBodies() }
            }
        }
        state.withLock { $0.unfollow() }
    }

    /// The server behind the push. The commands' own connection may come a moment later; a server that cannot be told
    /// from the former one costs a purge.
    private func connectedServer() async -> String? {
        for _ in 0..<20 where !shared.isConnected { try? await Task.sleep(for: .milliseconds(100)) }
        return await shared.serverIdentity()
    }

    /// A write may fail without the push connection noticing, so the repair also runs on its own.
    private func repairPeriodically() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            await repair()
        }
    }

    /// Brings Redis up to date with the writes that it missed: what came during a purge is sent after it.
    func repair() async {
        guard shared.isConnected, let repair = state.withLock({ $0.beginRepair() }) else { return }
        defer { state.withLock { $0.endRepair() } }
        if let purge = repair.purge {
            guard await shared.purge() else { return }
            state.withLock { $0.purged(purge) }
            logger.info("The shared cache was emptied", metadata: ["prefix": "\(shared.prefix)"])
        }
        await send(state.withLock { $0.unsentRows })
    }

    // MARK: What PostgreSQL says

    /// Rows that have changed, whoever has changed them.
    func rowsChanged(_ rows: [RowVersion]) async {
        guard !rows.isEmpty else { return }
        await invalidate(rows)
    }

    /// Every change that was committed before this instant was reported.
    func confirm(at instant: ContinuousClock.Instant) { state.withLock { $0.confirm(at: instant) } }

    /// Changes may have been missed: nothing that was cached is used any more.
    func reset() async {
        state.withLock { $0.reset() }
        await repair()
    }
}
