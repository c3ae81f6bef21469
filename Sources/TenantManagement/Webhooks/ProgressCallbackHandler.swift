import Entities
import ServiceKit

/// PROVISIONING_PROGRESS: how far a run is. The newest report wins, in whatever order they arrive; it changes nothing but what is
/// shown, and what became of commands of operators.
struct ProgressCallbackHandler: CallbackHandler {
    let runs: ProvisioningRunRepository

    let type = CallbackType.progress
    let kind: ProvisioningKind? = nil

    func apply(_ callback: VerifiedCallback, in context: WriteContext) async throws {
        let progress = try ProvisioningProgress(callback.data)
        guard progress.context == callback.delivery.context else { throw CallbackError.refused }
        try await runs.store(progress, tenant: callback.delivery.tenant, in: context)
    }
}
