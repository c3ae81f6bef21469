import Entities
import Logging
import PostgresClient
import Primitives
import ServiceKit
import ServiceLifecycle

/// Once a minute, gives up provisionings without a callback, so that no tenant stays in PROVISIONING.
struct ProvisioningWatchdog: Service {
    let repository: ProvisioningRepository
    let cache: EntityCache
    let clock: any WallClock
    let logger: Logger

    func run() async throws {
        await PeriodicWork.run("provisioning_watchdog", every: .seconds(60), after: .seconds(60)) { await look() }
    }

    /// One round.
    func look() async {
        do {
            let expired = try await repository.expire(now: clock.now(), limit: 500)
            await cache.invalidate(expired)
            for tenant in expired {
                logger.error(
                    "A provisioning was given up: its callback never came", metadata: ["tenantId": "\(tenant.id)"])
            }
        } catch {
            logger.warning("The provisioning watchdog could not read the database", metadata: ["error": "\(error)"])
        }
    }
}
