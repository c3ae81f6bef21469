import Logging
import Primitives
import ServiceKit
import ServiceLifecycle

/// Once an hour, removes copies of API keys that have expired a day ago or earlier.
struct CredentialRetention: Service {
    let repository: CredentialRepository
    let clock: any WallClock
    let logger: Logger

    func run() async throws {
        await PeriodicWork.run("credential_retention", every: .seconds(3600), after: .seconds(60)) { await purge() }
    }

    /// One round: batches until nothing is left.
    func purge() async {
        let instant = clock.now().adding(.seconds(-86_400))
        do {
            let size = CredentialRepository.purgeSize
            while try await repository.purgeKeys(before: instant) == size, !Task.isCancelled {}
        } catch {
            logger.warning("Copies of expired API keys could not be removed", metadata: ["error": "\(error)"])
        }
    }
}
