import Entities
package import ServicePlatform

/// The tables of tenant management in its audit log. A migration attaches them; a test compares the lists with the database.
package enum TenantManagementAudit {
    private static let leased = ["due_at", "claim", "attempts", "last_error"]

    /// Of migration 69.
    package static let first = [
        AuditedTable("tenants", as: "Tenant", of: "r.id"),
        AuditedTable("leads", as: "Lead", of: "NULL::uuid", omitting: ["traceparent"]),
        AuditedTable(
            "addresses", as: "Address",
            of: """
                coalesce(main.audit_uuid(current_setting('app.audit_tenant', true)), \
                (SELECT t.id FROM main.tenants AS t WHERE t.address_id = r.id LIMIT 1))
                """),
        AuditedTable("contacts", as: "Contact", renaming: ["contact_type": "type"]),
        AuditedTable("resources", as: "Resource"),
        AuditedTable("invoices", as: "Invoice"),
        // A configuration of an identity provider may hold its client secret.
        AuditedTable("tenant_mgmt_configs", as: "TenantMgmtConfig", secret: ["config_value"]),
        AuditedTable("branding_metadata", as: "BrandingMetadata"),
        // One that is proven from the beginning comes from the tenant's own row.
        AuditedTable(
            "tenant_domains", as: "TenantDomain", identity: "r.tenant_id", secret: ["token"],
            where: "TG_OP <> 'INSERT' OR r.proven_by IS NULL"),
        AuditedTable("identity_users", as: "IdentityUser"),
        AuditedTable("tenant_suspensions", as: "TenantSuspension"),
        AuditedTable("offboardings", as: "Offboarding", omitting: leased + ["certificate"]),
        AuditedTable("erasures", as: "Erasure", identity: "r.tenant_id", omitting: ["certificate"]),
        AuditedTable(
            "tenant_exports", as: "TenantExport",
            omitting: leased + ["awaits_data", "data_attempt", "data_parts", "data_size", "data"]),
        // The other kinds are changes of the tenant's status.
        AuditedTable(
            "provisionings", as: "ProvisioningRun",
            omitting: [
                "callback_digest", "progress_version", "steps", "possible_commands", "state", "started_on", "ended_on",
            ], where: "r.kind = 2"),
        AuditedTable("provisioning_commands", as: "ProvisioningCommand"),
        AuditedTable(
            "webhook_endpoints", as: "WebhookEndpoint", of: "r.owner_id", omitting: ["owner_id"]),
        AuditedTable(
            "webhook_secrets", as: "WebhookSecret", of: "r.owner_id", omitting: ["owner_id"], secret: ["sealed"]),
        AuditedTable(
            "webhook_replays", as: "WebhookReplay", of: "r.owner_id", omitting: ["owner_id"],
            renaming: ["from_on": "from", "to_on": "to", "deliveries": "count"]),
        // The last use is stored now and then, and says nothing about a change.
        AuditedTable("api_keys", as: "ApiKey", omitting: ["last_used_on"]),
        AuditedTable("token_revocations", as: "TokenRevocation"),
        // The others are copies of the code and of a file.
        AuditedTable("roles", as: "Role", of: "NULL::uuid", where: "r.source = 'own'"),
        .eventReplays,
    ]

    /// The entities whose changes are erased from the log with the personal data of a tenant: those that hold personal data, and
    /// those that an erasure removes as a whole.
    static func personal(in catalog: EntityCatalog) -> [String] {
        AuditedTable.personal(in: catalog.entities)
            + [
                "TenantDomain", "IdentityUser", "WebhookReplay", "WebhookSecret", "BrandingMetadata",
                "ProvisioningCommand",
            ]
    }

    /// All of them; those of later migrations come after the first ones.
    package static let all = first

    /// Tables whose changes are not recorded, with the reason.
    package static let unrecorded: [String: String] = [
        "api_key_secrets": "hashes; a rotation is a change of the key",
        "billing_standings": "numbers of reports of the subscription service",
        "event_counters": "numbers of events",
        "event_feed": "copies of events",
        "event_positions": "numbers of events",
        "identity_changes": "work that follows from the tenant's status",
        "lead_keys": "one-time keys; that a lead was validated is a change of the lead",
        "lead_retention": "written by a migration",
        "notifications": "mails on their way",
        "public_mail_domains": "written by a migration",
        "role_state": "a number for caches",
        "tenant_export_chunks": "contents of archives",
        "tenant_export_data": "contents of archives",
        "tenant_export_parts": "contents of archives",
        "webhook_attempts": "a log of its own",
        "webhook_deliveries": "a log of its own; commands are recorded",
        "webhook_queues": "work that follows from the endpoint",
    ]
}
