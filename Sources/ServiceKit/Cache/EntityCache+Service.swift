package import Entities
import Logging
import RedisClient
import ServiceLifecycle
import Synchronization

extension EntityCache: Service {
    /// Follows the invalidation push of Redis and repairs the shared cache, until shutdown.
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

    /// Identity of the connected server. The connection for commands may be established a moment after the push; a server
    /// that cannot be identified is purged.
    private func connectedServer() async -> String? {
        for _ in 0..<20 where !shared.isConnected { try? await Task.sleep(for: .milliseconds(100)) }
        return await shared.serverIdentity()
    }

    /// A write can fail while the push stays connected, so repairs also run periodically.
    private func repairPeriodically() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            await repair()
        }
    }

    /// Purges if necessary, then sends the changes that Redis has missed, including those made during the purge.
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

    // MARK: Changes reported by PostgreSQL

    /// Invalidates rows that any writer has changed.
    package func rowsChanged(_ rows: [RowVersion]) async {
        guard !rows.isEmpty else { return }
        await invalidate(rows)
    }

    /// All changes that were committed before this instant have been reported.
    package func confirm(at instant: ContinuousClock.Instant) { state.withLock { $0.confirm(at: instant) } }

    /// Changes may have been missed: drops all cached bodies.
    package func reset() async {
        state.withLock { $0.reset() }
        await repair()
    }
}
