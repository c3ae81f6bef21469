package import Logging
package import Primitives
import ServiceKit
package import ServiceLifecycle

/// Once an hour, removes revocations whose tokens have expired.
package struct RevocationPurge: Service {
    private let repository: RevocationRepository
    private let clock: any WallClock
    private let logger: Logger

    package init(repository: RevocationRepository, clock: any WallClock, logger: Logger) {
        self.repository = repository
        self.clock = clock
        self.logger = logger
    }

    /// Runs until shutdown.
    package func run() async throws {
        await PeriodicWork.run("revocation_purge", every: .seconds(3600), after: .seconds(60)) { await purge() }
    }

    /// One round: batches until nothing is left.
    package func purge() async {
        // Tokens may be accepted for a while after their end (JWT_CLOCK_SKEW_SECONDS).
        let instant = clock.now().adding(.seconds(-600))
        do {
            while try await repository.purge(before: instant) == RevocationRepository.pageSize, !Task.isCancelled {}
        } catch {
            logger.warning("Old revocations of tokens could not be removed", metadata: ["error": "\(error)"])
        }
    }
}
