import Entities
import MessageBus
import ServicePlatform

/// The service's share of the archives of tenants.
struct ExportFeature: ServiceFeature {
    static let events = [
        EventDescription(
            EventType.tenantExportPart,
            "A part of a tenant's rows in the subscription service, for an archive. The parts have positions from 0 on.",
            [
                .init("tenantId", .string(format: .uuid), required: true),
                .init("exportId", .string(format: .uuid), required: true),
                .init("position", .integer(minimum: 0), required: true),
                .init("isLast", .boolean, required: true),
                .init(
                    "text",
                    .string().described(
                        "Lines of table, `shared` or `own`, row, separated by tabs; or `!` and why rows are missing"),
                    required: true),
            ])
    ]

    let consumers: [FeatureConsumer]

    init(_ core: SubscriptionCore) {
        let platform = core.platform
        let consumer = ExportConsumer(
            repository: ExportRepository(pool: platform.pool, entities: core.storedEntities), pool: platform.pool,
            system: platform.systemUser.scope, clock: platform.clock)
        consumers = [
            FeatureConsumer(group: ExportConsumer.group, types: ExportConsumer.types, handler: consumer.handle)
        ]
    }
}
