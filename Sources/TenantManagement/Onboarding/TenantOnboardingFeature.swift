import Entities
import ServiceKit
import ServicePlatform

/// The creation of tenants, by operators and from leads.
struct TenantOnboardingFeature: ServiceFeature {
    static let configurationKeys = TenantOnboardingConfiguration.configurationKeys

    let operations: [Operation]

    init(_ core: TenantManagementCore) throws {
        let platform = core.platform
        operations =
            TenantOnboardingController(
                onboarding: core.onboarding, leadLimit: core.leadConfiguration.publicLimit,
                system: platform.systemUser.scope
            ).operations
    }
}
