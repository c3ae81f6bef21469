import Entities
import HTTPTypes
import PrometheusMetrics
import ServiceKit
import ServiceLifecycle
import ServicePlatform
import WorkQueue

/// Refunds that the billing provider pays out: credit notes on invoices that it has collected.
struct RefundFeature: ServiceFeature {
    static let entities = [
        FeatureEntity(ProviderRefund.entity, viewPermissions: CollectionPolicy.view.permissions)
    ]

    let operations: [Operation]
    let background: [any Service]

    init(_ core: SubscriptionCore) throws {
        let platform = core.platform
        let processor = RefundProcessor(provider: core.provider, system: platform.systemUser.scope)
        background = [
            LeasedWorker(
                store: RefundStore(pool: platform.pool),
                configuration: try CollectionConfiguration(reader: platform.reader).worker, logger: platform.logger,
                handler: processor.handle)
        ]
        let entity = ProviderRefund.entity
        let refunds = core.repository(entity)
        let (catalog, limits) = (core.catalog, platform.queryLimits)
        operations = [
            Operation(
                .get, "/provider-refunds", id: "ProviderRefundController.find",
                summary: "List the refunds that the billing provider pays out, or refuses",
                access: CollectionPolicy.view, parameters: [.filter(entity, limits), .cursor, .preferCount],
                responses: [
                    .init(
                        .ok, "Array of ProviderRefund", schema: .array(of: entity.schema),
                        headers: [.link, .totalCount, .preferenceApplied])
                ],
                handler: .scoped { call in
                    let list = try ListQuery(call, of: entity, in: catalog, limits: limits, views: nil)
                    return try await list.page(of: refunds, for: call)
                })
        ]
    }
}
