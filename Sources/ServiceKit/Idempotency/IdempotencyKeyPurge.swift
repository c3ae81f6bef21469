package import Configuration
package import ConfigurationChecks
package import Logging
package import Primitives
import ServiceLifecycle

/// Forgets idempotency keys whose time is over, once an hour.
///
/// Key: `IDEMPOTENCY_KEY_HOURS` (1...720, default 24: how long a key is remembered, at least).
package struct IdempotencyKeyPurge: Service {
    private let store: IdempotencyStore
    private let retention: Duration
    private let clock: any WallClock
    private let logger: Logger

    package static let configurationKeys: ConfigurationKeys = ["IDEMPOTENCY_KEY_HOURS"]

    /// Reads the key above.
    /// - Throws: ``ConfigurationFailure`` when its value is out of range.
    package init(
        store: IdempotencyStore, reader: ConfigReader, clock: any WallClock, logger: Logger
    ) throws(ConfigurationFailure) {
        self.store = store
        retention = .seconds(3600 * (try reader.integer("idempotency.key.hours", default: 24, in: 1...720)))
        self.clock = clock
        self.logger = logger
    }

    /// Purges until shutdown.
    package func run() async throws {
        await PeriodicWork.run("idempotency_key_purge", every: .seconds(3600)) {
            do {
                try await store.purge(before: clock.now().adding(.zero - retention))
            } catch {
                logger.warning("Idempotency keys were not purged", metadata: ["error": "\(error)"])
            }
        }
    }
}
