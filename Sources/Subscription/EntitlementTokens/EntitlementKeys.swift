import Logging
import Primitives
import ServiceKit
import ServiceLifecycle
import Synchronization

/// The keys of entitlement tokens: those of the configuration, or those of the database, which are rotated.
final class EntitlementKeys: Service {
    private let configured: EntitlementKeyring?
    private let repository: EntitlementKeyRepository
    private let rotation: Duration
    private let clock: any WallClock
    private let logger: Logger
    private let known = Mutex<(ring: EntitlementKeyring, readOn: Timestamp)?>(nil)

    /// How long the keys that were read are used. Another node may have added one, which signs an hour later.
    private static let freshness = Duration.seconds(60)

    init(
        configured: [EntitlementKey]?, repository: EntitlementKeyRepository, rotation: Duration, clock: any WallClock,
        logger: Logger
    ) {
        self.configured = configured.map(EntitlementKeyring.init)
        self.repository = repository
        self.rotation = rotation
        self.clock = clock
        self.logger = logger
    }

    /// All keys by which tokens may be verified, and the one that signs. The first caller makes the first key.
    func ring() async throws -> EntitlementKeyring {
        if let configured { return configured }
        let now = clock.now()
        if let known = known.withLock({ $0 }), !known.ring.keys.isEmpty,
            now.duration(since: known.readOn) < Self.freshness,
            known.readOn <= now
        {
            return known.ring
        }
        do {
            let ring = try await read(at: now)
            known.withLock { $0 = (ring, now) }
            return ring
        } catch {
            // A key is published for longer than that before it signs: these have all that are needed.
            guard let known = known.withLock({ $0 }), !known.ring.keys.isEmpty, known.readOn <= now,
                now.duration(since: known.readOn) < EntitlementKeyring.overlap
            else { throw error }
            return known.ring
        }
    }

    private func read(at now: Timestamp) async throws -> EntitlementKeyring {
        let ring = try await repository.keys()
        guard ring.keys.isEmpty else { return ring }
        try await repository.add(.make(signsFrom: now), after: nil, at: now)
        return try await repository.keys()
    }

    /// Rotates the keys of the database until shutdown.
    func run() async throws {
        guard configured == nil else { return await Self.wait() }
        await PeriodicWork.run("entitlement_keys", every: .seconds(600), after: .seconds(60)) { await self.rotate() }
    }

    /// There is nothing to do, and a service that returns ends its group.
    private static func wait() async { try? await gracefulShutdown() }

    /// One round: publishes the next key if it is time, and removes those that are over.
    func rotate() async {
        let now = clock.now()
        do {
            let ring = try await repository.keys()
            if !ring.keys.isEmpty, ring.needsNext(at: now, rotation: rotation) {
                let next = EntitlementKey.make(signsFrom: now.adding(EntitlementKeyring.overlap))
                try await repository.add(next, after: ring.keys.last?.signsFrom, at: now)
                logger.notice("The next key of entitlement tokens is published", metadata: ["kid": "\(next.id)"])
            }
            let ended = ring.ended(at: now)
            if !ended.isEmpty { try await repository.remove(ended) }
        } catch {
            logger.warning("The keys of entitlement tokens could not be rotated", metadata: ["error": "\(error)"])
        }
    }
}
