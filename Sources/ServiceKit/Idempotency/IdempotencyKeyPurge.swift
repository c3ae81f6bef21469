package import Configuration
package import ConfigurationChecks
package import Logging
package import Primitives
import ServiceLifecycle

/// Forgets idempotency keys whose time is over, once an hour.
package struct IdempotencyKeyPurge: Service {
    private let store: IdempotencyStore
    private let retention: Duration
    private let clock: any WallClock
    private let logger: Logger

    private static let retentionSetting = Setting.duration(
        "IDEMPOTENCY_KEY_HOURS", default: 24, in: 1...720, "How long an `Idempotency-Key` is remembered, at least")

    package static let configurationKeys = ConfigurationKeys("repeated requests", [retentionSetting])

    /// Reads the setting.
    /// - Throws: ``ConfigurationFailure`` when its value is out of range.
    package init(
        store: IdempotencyStore, reader: ConfigReader, clock: any WallClock, logger: Logger
    ) throws(ConfigurationFailure) {
        self.store = store
        retention = try reader.value(Self.retentionSetting)
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
