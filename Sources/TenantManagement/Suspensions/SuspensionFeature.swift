import Entities
import MessageBus
import ServiceKit
import ServicePlatform

/// Suspensions of tenants, with the reasons for them.
struct SuspensionFeature: ServiceFeature {
    static let entities = [
        FeatureEntity(TenantSuspension.entity, viewPermissions: SuspensionPolicy.view.permissions)
    ]

    static let events = [SuspensionEvents.suspended, SuspensionEvents.reactivated]

    let operations: [Operation]
    let consumers: [FeatureConsumer]

    init(_ core: TenantManagementCore) throws {
        let platform = core.platform
        let service = SuspensionService(pool: platform.pool, cache: core.cache)
        operations =
            SuspensionController(
                service: service,
                suspensions: core.repository(TenantSuspension.entity), tenants: core.tenants, catalog: core.catalog,
                limits: platform.queryLimits
            ).operations
        let standings = BillingStandingConsumer(
            service: service, pool: platform.pool, system: platform.systemUser.scope, clock: platform.clock,
            logger: platform.logger)
        let notices = BillingNoticeConsumer(
            pool: platform.pool, notifications: core.notifications,
            invoiceMails: try InvoiceMailConfiguration(reader: platform.reader), system: platform.systemUser.scope,
            clock: platform.clock, logger: platform.logger)
        consumers = [
            FeatureConsumer(
                group: BillingStandingConsumer.group, types: [EventType.tenantBillingStandingChanged],
                handler: standings.handle),
            FeatureConsumer(
                group: BillingNoticeConsumer.group, types: BillingNoticeConsumer.types, handler: notices.handle),
        ]
    }
}
