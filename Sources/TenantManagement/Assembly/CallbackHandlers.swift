import ServicePlatform

/// The types of callbacks that tenant management takes: a line for each.
enum CallbackHandlers {
    static func all(_ core: TenantManagementCore) -> [any CallbackHandler] {
        let platform = core.platform
        return [
            ProvisionedCallbackHandler(
                service: ProvisioningCallbackService(
                    pool: platform.pool, repository: core.provisionings, cache: core.cache,
                    notifications: core.notifications, copies: core.secretCopies, logger: platform.logger)),
            DeprovisionedCallbackHandler(
                pool: platform.pool, repository: core.provisionings, cache: core.cache,
                effect: OffboardingEffect()),
            MovedCallbackHandler(pool: platform.pool, repository: core.provisionings),
            ProgressCallbackHandler(runs: ProvisioningRunRepository(pool: platform.pool)),
        ]
    }
}
