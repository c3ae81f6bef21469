import Entities
import MessageBus
import ServiceKit
import ServicePlatform

/// The erasure of personal data of off-boarded tenants.
struct ErasureFeature: ServiceFeature {
    static let events = [
        EventDescription(
            EventType.tenantErased,
            "The personal data of an off-boarded tenant was erased, and shall be erased wherever else it is.",
            [TenantEvents.tenant])
    ]

    let operations: [Operation]

    init(_ core: TenantManagementCore) {
        let pool = core.platform.pool
        operations =
            ErasureController(
                service: ErasureService(
                    pool: pool, repository: ErasureRepository(pool: pool), catalog: core.catalog, cache: core.cache,
                    loggedEntities: TenantManagementAudit.personal(in: core.catalog))
            ).operations
    }
}
