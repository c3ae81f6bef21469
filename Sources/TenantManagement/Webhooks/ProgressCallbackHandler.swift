import Entities
import JSONCoding
import Logging
import PostgresClient
import ServiceKit

/// PROVISIONING_PROGRESS: how far a run is. The newest report wins, in whatever order they arrive; it changes nothing but what is
/// shown, and what became of commands of operators.
struct ProgressCallbackHandler: CallbackHandler {
    let pool: PostgresPool
    let logger: Logger

    let type = CallbackType.progress
    let kind: ProvisioningKind? = nil

    func apply(_ callback: VerifiedCallback, in context: WriteContext) async throws {
        let progress = try ProvisioningProgress(callback.data)
        guard progress.context == callback.delivery.context else { throw CallbackError.refused }
        try await store(progress, of: callback, in: context)
    }

    /// Stores the progress that a report of the outcome contains, so that it needs no report of its own. Other orchestrators may
    /// mean something else by the member.
    func applyIncluded(_ callback: VerifiedCallback, in context: WriteContext) async throws {
        guard let data = callback.data["progress"]?.objectValue, data["version"] != nil else { return }
        guard let progress = try? ProvisioningProgress(data), progress.context == callback.delivery.context else {
            logger.info(
                "The progress in a callback is ignored", metadata: ["tenantId": "\(callback.delivery.tenant)"])
            return
        }
        try await store(progress, of: callback, in: context)
    }

    private func store(
        _ progress: ProvisioningProgress, of callback: VerifiedCallback, in context: WriteContext
    ) async throws {
        var batch = PostgresBatch(settings: context.scope.settings)
        batch.add(ProvisioningRunRepository.store(progress, tenant: callback.delivery.tenant, now: context.now))
        _ = try await pool.run(batch)
    }
}
