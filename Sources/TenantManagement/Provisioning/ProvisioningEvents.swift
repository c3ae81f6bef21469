import Entities
import JSONCoding
import MessageBus

/// The events that request work from the orchestrator, and those that report its outcome (docs/contract/arc-api.md 9.3).
enum ProvisioningEvents {
    static let provisioning = request(
        .provision, "A tenant shall be provisioned.", [subscription(isRequired: true)])

    static let succeeded = outcome(EventType.tenantProvisioningSuccess, "A tenant's resources exist.", 1)
    static let failed = outcome(EventType.tenantProvisioningFailure, "A tenant's resources could not be made.", 0)
    static let deprovisioning = request(.deprovision, "The resources of a tenant shall be removed.", [])
    static let removed = outcome(EventType.tenantDeprovisioningSuccess, "A tenant's resources were removed.", 1)
    static let notRemoved = outcome(
        EventType.tenantDeprovisioningFailure, "A tenant's resources could not be removed.", 0)

    static let command = EventDescription(
        EventType.tenantProvisioningCommand,
        "An operator intervenes in the provisioning, deprovisioning or move of a tenant.",
        [
            .init("type", .string(oneOf: [EventType.tenantProvisioningCommand]), required: true),
            TenantEvents.tenant,
            .init("context", .string(format: .uuid).described("Identifies the request"), required: true),
            .init(
                "commandId", .string(format: .uuid).described("Also the id of the event; applied once"), required: true),
            .init("command", .string(oneOf: ProvisioningCommand.Kind.allCases.map(\.rawValue)), required: true),
            .init("actor", .string(maxLength: 100).described("The operator; absent for a token without a user")),
            .init("reason", .string(maxLength: ProvisioningCommand.maximumReasonLength), required: true),
        ])

    static let dataExport = EventDescription(
        EventType.tenantDataExportRequested, "The application data of a tenant shall be sent for an archive.",
        [
            .init("type", .string(oneOf: [EventType.tenantDataExportRequested]), required: true),
            .init(
                "tenant",
                .object(
                    [
                        .init("id", .string(format: .uuid), required: true),
                        .init("key", .string(maxLength: 100).example("acme"), required: true),
                        .init("name", .string(maxLength: 255).example("Acme"), required: true),
                    ], name: "EventExportedTenant", isClosed: false), required: true),
            .init("secret", secret, required: true),
            .init(
                "context",
                .string(format: .uuid).described("The id of the export; what is sent is signed with it"),
                required: true),
        ])

    /// A request with its secret and context, which the orchestrator needs for the callback.
    static func request(
        _ kind: ProvisioningKind, _ summary: String, _ members: [Schema.Property]
    ) -> EventDescription {
        EventDescription(
            kind.eventType, summary,
            [
                .init("type", .string(oneOf: [kind.eventType]), required: true),
                .init("tenant", tenant, required: true),
            ] + members + [
                .init("secret", secret, required: true),
                .init(
                    "context",
                    .string(format: .uuid).described("Identifies the request; the callback is signed with it"),
                    required: true),
            ])
    }

    /// The report of an outcome.
    /// - Parameter status: 1 for success, 0 for failure.
    static func outcome(_ type: String, _ summary: String, _ status: Int) -> EventDescription {
        EventDescription(
            type, summary, [TenantEvents.tenant, .init("status", .integer(oneOf: [status]), required: true)])
    }

    /// The tenant as it was before the change, with contacts and address.
    private static let tenant = Schema.object(
        Tenant.entity.schema.properties + [
            .init(Tenant.contacts.name, .array(of: open(Contact.entity.schema, "EventContact"))),
            .init(Tenant.address.name, open(Address.entity.schema, "EventAddress")),
        ], name: "EventTenant", isClosed: false)

    /// - Parameter isRequired: Whether every event of the type has it.
    static func subscription(isRequired: Bool) -> Schema.Property {
        let plan = Schema.object(
            [.init("tier", .string(maxLength: 100).described("Determines the provisioner").example("BASIC"))],
            isClosed: false)
        return .init(
            "subscription",
            .object(
                [
                    .init("id", .string(maxLength: 255).example("019b8d2c-7f00-7a51-9c3e-5d2f1a6b4c80")),
                    .init("subscriberId", .string(maxLength: 255).example("019b8d2c-7f00-7a51-9c3e-5d2f1a6b4c80")),
                    .init("plan", plan),
                ], name: "EventSubscription", isClosed: false
            ).described("As it was requested. Without a subscription: at least the tier"), required: isRequired)
    }

    private static let secret = Schema.string(maxLength: 250).described(
        """
        Signs the callback. Encrypted under DATA_ENCRYPTION_KEY (`sealed:…`), unless EVENT_SECRETS=clear: then 32 hexadecimal \
        characters.
        """
    ).example("sealed:bm9uY2UgYW5kIHNlYWxlZCB0ZXh0")

    /// The row of an entity as events contain it.
    private static func open(_ schema: Schema, _ name: String) -> Schema {
        .object(schema.properties, name: name, isClosed: false)
    }
}
