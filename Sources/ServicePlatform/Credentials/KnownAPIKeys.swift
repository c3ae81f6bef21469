package import Entities
package import Primitives
package import ServiceKit
import Synchronization

/// Verifies API keys: from memory, or by one query for a key that is not known there.
///
/// A key that was changed or deleted is forgotten when the node's database has the change, about a second later, and is never
/// used for longer than ``EntityCache/maximumAge`` after that.
package final class KnownAPIKeys: Sendable {
    private let hasher: APIKeyHasher
    private let roles: RoleBook
    private let lookups: APIKeyLookups
    private let uses: APIKeyUses
    private let clock: any WallClock
    private let now: @Sendable () -> ContinuousClock.Instant
    private let memory = Mutex(APIKeyMemory())

    /// - Parameters:
    ///   - clock: For ends of keys.
    ///   - now: A clock that is never set back.
    ///   - lookup: The keys with these hashes, from the service's database.
    package init(
        hasher: APIKeyHasher, roles: RoleBook, uses: APIKeyUses, clock: any WallClock,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        lookup: @escaping @Sendable (_ hashes: [[UInt8]]) async throws -> [KnownAPIKey]
    ) {
        self.hasher = hasher
        self.roles = roles
        self.uses = uses
        self.clock = clock
        self.now = now
        lookups = APIKeyLookups(lookup: lookup)
        roles.onChange { [weak self] in self?.forgetAll() }
    }

    private func forgetAll() { memory.withLock { $0.reset() } }

    /// Number of requests that wait for a lookup.
    var waiting: Int { lookups.waiting }

    /// The caller whom a key identifies.
    /// - Throws: 401 for everything that is not a valid key; errors of the lookup, so that nobody passes without a database.
    package func identity(_ text: String) async throws -> Identity {
        let time = clock.now()
        let generation: Int
        switch memory.withLock({ $0.answer(text, now: time, instant: now()) }) {
        case .known(let entry):
            uses.note(entry.key.id, at: time)
            return entry.identity
        case .refused: throw CredentialError.unknownAPIKey
        case .unknown(let current): generation = current
        }
        guard let key = APIKeyText(text) else { throw CredentialError.malformedAPIKey }
        let hashes = hasher.hashes(key)
        let found = try await lookups.find(hashes, generation: generation)
        guard let found, let end = found.end(ofSecret: hashes), time < end else {
            memory.withLock { $0.refuse(text, instant: now()) }
            throw CredentialError.unknownAPIKey
        }
        let entry = APIKeyMemory.Entry(key: found, identity: found.identity(roles.catalog), end: end)
        memory.withLock { $0.insert(text, entry, generation: generation) }
        uses.note(found.id, at: time, rehash: found.rehash(hashes))
        return entry.identity
    }
}

extension KnownAPIKeys: RowChangeListener {
    /// Forgets keys that were changed.
    package func rowsChanged(_ rows: [RowVersion]) async { memory.withLock { $0.forget(Set(rows.map(\.id))) } }

    /// All changes before this instant were reported.
    package func confirm(at instant: ContinuousClock.Instant) { memory.withLock { $0.confirm(at: instant) } }

    /// Changes may have been missed.
    package func reset() async { forgetAll() }
}
