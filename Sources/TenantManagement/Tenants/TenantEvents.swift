import Entities
import MessageBus

/// The events about tenants that exist, from which other services learn who may act.
enum TenantEvents {
    static let tenant = Schema.Property(
        "tenantId", .string(format: .uuid).described("Id of the tenant"), required: true)

    /// A tenant's row has it; whoever receives several reports believes the one with the highest.
    static let version = Schema.Property(
        "version", .integer(minimum: 1).described("Version of the tenant's row; the highest one holds"), required: true)

    private static let isBlocked = Schema.Property(
        "isBlocked", .boolean.described("Whether the tenant is deleted, deprovisioned or suspended"), required: true)

    static let created = EventDescription(
        EventType.tenantCreated,
        "A tenant was stored that is not provisioned yet. One that is provisioned at once has TENANT_PROVISIONING instead.",
        [tenant, isBlocked, version])

    static let accessChanged = EventDescription(
        EventType.tenantAccessChanged,
        "A tenant was deleted, restored, suspended or reactivated: whether its users may act, and it may subscribe.",
        [tenant, isBlocked, version])

    static let listed = EventDescription(
        EventType.tenantsListed,
        "A part of the list of all tenants. The parts have the tenant id 1, so that they arrive in their order.",
        [
            .init(
                "tenants",
                .array(
                    of: .object(
                        [.init("id", .string(format: .uuid), required: true), isBlocked, version], isClosed: false),
                    maxItems: 1000),
                required: true),
            .init("isComplete", .boolean.described("Whether this is the last part"), required: true),
        ])
}
