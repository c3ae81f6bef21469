import Logging
import Primitives
import ServiceKit
import ServiceLifecycle

/// Once an hour, deletes rows of the audit log that are older than their retention, and signs where their chains continue.
struct AuditRetention: Service {
    let repository: AuditRepository
    let retention: Duration
    let clock: any WallClock
    let logger: Logger

    func run() async throws {
        await PeriodicWork.run("audit_retention", every: .seconds(3600), after: .seconds(90)) { await purge() }
    }

    /// One round: batches until nothing is left to delete.
    func purge() async {
        let instant = clock.now().adding(.zero - retention)
        do {
            while try await repository.purge(before: instant) > 0, !Task.isCancelled {}
        } catch {
            logger.warning("Old rows of the audit log could not be deleted", metadata: ["error": "\(error)"])
        }
    }
}
