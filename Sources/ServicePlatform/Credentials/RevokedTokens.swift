package import Entities
package import Logging
import Primitives
package import ServiceKit
import Synchronization

/// The revoked tokens of an installation: all of them in memory, kept up to date by the log of changed rows of the service's
/// database. A revocation holds on a node when that has the change, about a second later, and never later than
/// ``EntityCache/maximumAge``: without reports from the database, each token is looked up there.
package final class RevokedTokens: TokenRevocations {
    private let repository: RevocationRepository
    private let now: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger
    private let memory = Mutex(RevocationMemory())
    private let observers = Mutex<[@Sendable () -> Void]>([])
    /// Reports to wait for before too many revocations are counted again.
    private let patience = Mutex(0)

    /// - Parameter now: A clock that is never set back.
    package init(
        repository: RevocationRepository, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        logger: Logger
    ) {
        self.repository = repository
        self.now = now
        self.logger = logger
    }

    /// Whether memory has all revocations but those of the last seconds.
    package var isCurrent: Bool { memory.withLock { $0.isCurrent(now()) } }

    /// Number of revocations in memory.
    package var count: Int { memory.withLock { $0.count } }

    /// Whether a token is revoked, from memory or, without current knowledge, from the database.
    package func isRevoked(_ token: RevocableToken) async throws -> Bool {
        let known: Bool? = memory.withLock { $0.isCurrent(now()) ? $0.isRevoked(token) : nil }
        if let known { return known }
        return try await repository.isRevoked(
            id: token.id, users: token.users, tenant: token.tenant, issuedAt: token.issuedAt)
    }

    /// Calls a function after revocations have changed.
    package func onChange(_ observer: @escaping @Sendable () -> Void) { observers.withLock { $0.append(observer) } }

    private func tellObservers() {
        for observer in observers.withLock({ $0 }) { observer() }
    }

    // MARK: Loading

    private func load() async {
        let mustWait = patience.withLock { rounds in
            defer { rounds = max(0, rounds - 1) }
            return rounds > 0
        }
        guard !mustWait else { return }
        let generation = memory.withLock { $0.generation }
        do {
            var all: [Revocation] = []
            while all.count <= RevocationMemory.capacity {
                let page = try await repository.page(after: all.last?.id)
                all += page
                if page.count < RevocationRepository.pageSize { break }
            }
            memory.withLock { $0.load(all, generation: generation) }
            if all.count > RevocationMemory.capacity {
                patience.withLock { $0 = 60 }
                logger.warning("There are too many revoked tokens to keep in memory; each token is looked up")
            }
        } catch {
            logger.warning(
                "Revoked tokens could not be read; each token is looked up", metadata: ["error": "\(error)"])
        }
        tellObservers()
    }
}

extension RevokedTokens: RowChangeListener {
    /// Reads revocations that were added or removed; at first, all of them.
    package func rowsChanged(_ rows: [RowVersion]) async {
        guard memory.withLock({ $0.isComplete }) else { return await load() }
        guard !rows.isEmpty else { return }
        let ids = rows.map(\.id)
        do {
            let found = try await repository.find(ids)
            memory.withLock { $0.update(ids, found: found) }
        } catch {
            memory.withLock { $0.invalidate() }
            logger.warning(
                "Revoked tokens could not be read; each token is looked up", metadata: ["error": "\(error)"])
        }
        tellObservers()
    }

    /// All changes before this instant were reported.
    package func confirm(at instant: ContinuousClock.Instant) { memory.withLock { $0.confirm(at: instant) } }

    /// Changes may have been missed.
    package func reset() async { memory.withLock { $0.invalidate() } }
}
