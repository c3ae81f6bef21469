import Entities
import ServiceKit

/// RESOURCES_PROVISIONED: how provisioning ended, and what was made.
struct ProvisionedCallbackHandler: CallbackHandler {
    let service: ProvisioningCallbackService

    let type = CallbackType.resourcesProvisioned
    let kind: ProvisioningKind? = .provision

    func apply(_ callback: VerifiedCallback, in context: WriteContext) async throws {
        try await service.apply(try ProvisioningCallback(callback.data), of: callback, in: context)
    }
}
