import Entities
import MessageBus
package import Migrations
import ServiceKit
import ServicePlatform

/// The migrations of `tenant_mgmt_db`, in order. The first is the final state of the original.
package enum TenantManagementMigrations {
    /// Role that the service runs as; it must exist before the migrations run, and may be granted to another one.
    package static let runtimeRole = "tenant_mgmt_app"

    /// All of them.
    package static let all: [Migration] = [
        Migration(
            number: 1, name: "init", up: PackageResources.V0001__init_up_sql,
            down: PackageResources.V0001__init_down_sql, isBaseline: true,
            preflightChecks: TenantManagementPreflightChecks.baseline),
        Migration(
            number: 2, name: "row_versions", up: PackageResources.V0002__row_versions_up_sql,
            down: PackageResources.V0002__row_versions_down_sql,
            // Gave rows without modified_on the time of the migration.
            formerChecksums: ["decc425edf8c33d066411975a17e650e2afda533686afaa63fd72e0d89a027e2"]),
        Migration(
            number: 3, name: "constraints_and_indexes",
            up: PackageResources.V0003__constraints_and_indexes_up_sql,
            down: PackageResources.V0003__constraints_and_indexes_down_sql,
            preflightChecks: TenantManagementPreflightChecks.constraintsAndIndexes),
        Migration(
            number: 4, name: "onboarding", up: PackageResources.V0004__onboarding_up_sql,
            down: PackageResources.V0004__onboarding_down_sql),
        Migration(
            number: 5, name: "outbox_and_inbox",
            up: OutboxSchema.up(runtimeRole: runtimeRole) + InboxSchema.up(runtimeRole: runtimeRole),
            down: InboxSchema.down + OutboxSchema.down),
        Migration(
            number: 6, name: "tenant_isolation", up: PackageResources.V0006__tenant_isolation_up_sql,
            down: PackageResources.V0006__tenant_isolation_down_sql),
        Migration(
            number: 7, name: "idempotency_keys", up: IdempotencySchema.up(runtimeRole: runtimeRole),
            down: IdempotencySchema.down),
        Migration(
            number: 8, name: "list_indexes", up: PackageResources.V0008__list_indexes_up_sql,
            down: PackageResources.V0008__list_indexes_down_sql),
        Migration(
            number: 9, name: "tenant_policies", up: PackageResources.V0009__tenant_policies_up_sql,
            down: PackageResources.V0009__tenant_policies_down_sql),
        Migration(
            number: 10, name: "policies_once_a_statement",
            up: PackageResources.V0010__policies_once_a_statement_up_sql,
            down: PackageResources.V0010__policies_once_a_statement_down_sql),
        Migration(
            number: 11, name: "client_lists", up: PackageResources.V0011__client_lists_up_sql,
            down: PackageResources.V0011__client_lists_down_sql,
            preflightChecks: TenantManagementPreflightChecks.clientLists),
        Migration(
            number: 12, name: "milliseconds", up: MillisecondSchema.up(tables: auditedTables),
            down: MillisecondSchema.down(tables: auditedTables)),
        Migration(
            number: 13, name: "validated_emails", up: PackageResources.V0013__validated_emails_up_sql,
            down: PackageResources.V0013__validated_emails_down_sql),
        Migration(
            number: 14, name: "mail_claims", up: PackageResources.V0014__mail_claims_up_sql,
            down: PackageResources.V0014__mail_claims_down_sql),
        Migration(
            number: 15, name: "resources_by_type", up: PackageResources.V0015__resources_by_type_up_sql,
            down: PackageResources.V0015__resources_by_type_down_sql),
        Migration(
            number: 16, name: "invoice_rules", up: PackageResources.V0016__invoice_rules_up_sql,
            down: PackageResources.V0016__invoice_rules_down_sql),
        Migration(
            number: 18, name: "proven_domains", up: PackageResources.V0018__proven_domains_up_sql,
            down: PackageResources.V0018__proven_domains_down_sql),
        Migration(
            number: 19, name: "row_changes", up: RowChangeSchema.up(tables: cachedTables, runtimeRole: runtimeRole),
            down: RowChangeSchema.down(tables: cachedTables)),
        Migration(
            number: 24, name: "tenant_access", up: PackageResources.V0024__tenant_access_up_sql,
            down: PackageResources.V0024__tenant_access_down_sql),
        Migration(
            number: 25, name: "domain_proofs", up: PackageResources.V0025__domain_proofs_up_sql,
            down: PackageResources.V0025__domain_proofs_down_sql),
        Migration(
            number: 26, name: "tenant_announcements", up: PackageResources.V0026__tenant_announcements_up_sql,
            down: PackageResources.V0026__tenant_announcements_down_sql),
        Migration(
            number: 30, name: "provisioning_progress", up: PackageResources.V0030__provisioning_progress_up_sql,
            down: PackageResources.V0030__provisioning_progress_down_sql),
        Migration(
            number: 35, name: "exports", up: PackageResources.V0035__exports_up_sql,
            down: PackageResources.V0035__exports_down_sql),
        Migration(
            number: 36, name: "offboarding", up: PackageResources.V0036__offboarding_up_sql,
            down: PackageResources.V0036__offboarding_down_sql),
        Migration(
            number: 37, name: "erasures", up: PackageResources.V0037__erasures_up_sql,
            down: PackageResources.V0037__erasures_down_sql),
        Migration(
            number: 38, name: "tenant_states", up: PackageResources.V0038__tenant_states_up_sql,
            down: PackageResources.V0038__tenant_states_down_sql),
        Migration(
            number: 39, name: "identity_users", up: PackageResources.V0039__identity_users_up_sql,
            down: PackageResources.V0039__identity_users_down_sql),
        Migration(
            number: 45, name: "webhooks", up: PackageResources.V0045__webhooks_up_sql,
            down: PackageResources.V0045__webhooks_down_sql),
        Migration(
            number: 50, name: "event_log", up: OutboxSchema.logUp(runtimeRole: runtimeRole),
            down: OutboxSchema.logDown),
        cheaperWrites,
        Migration(
            number: 62, name: "api_keys", up: PackageResources.V0062__api_keys_up_sql,
            down: PackageResources.V0062__api_keys_down_sql),
        Migration(
            number: 63, name: "token_revocations", up: PackageResources.V0063__token_revocations_up_sql,
            down: PackageResources.V0063__token_revocations_down_sql),
        Migration(
            number: 64, name: "roles", up: PackageResources.V0064__roles_up_sql,
            down: PackageResources.V0064__roles_down_sql),
        Migration(
            number: 69, name: "audit_log",
            up: AuditSchema.up(
                runtimeRole: runtimeRole, tables: TenantManagementAudit.first,
                erasureCondition: erasureCondition),
            down: AuditSchema.down(tables: TenantManagementAudit.first)),
        Migration(
            number: 71, name: "traces", up: PackageResources.V0071__traces_up_sql,
            down: PackageResources.V0071__traces_down_sql),
        // Behind all that create functions.
        Migration(
            number: 72, name: "function_privileges", up: RoleGrants.functionsOfSchemaUsers,
            down: RoleGrants.functionsOfEverybody),
        // The lead that became the tenant, and its address.
        Migration(
            number: 73, name: "audit_erasures",
            up: AuditSchema.bindErasure(
                if: erasureCondition,
                others: """
                    SELECT about.id FROM main.tenants AS became JOIN main.leads AS lead ON lead.id = became.lead_id
                        CROSS JOIN LATERAL (VALUES (lead.id), (lead.address_id)) AS about (id)
                    WHERE became.id = tenant AND about.id IS NOT NULL
                    """),
            down: AuditSchema.unbindErasure(if: erasureCondition)),
        Migration(
            number: 80, name: "room_for_changes", up: OutboxSchema.roomForClaims + AuditSchema.roomForSeals,
            down: AuditSchema.littleRoomForSeals + OutboxSchema.littleRoomForClaims),
        Migration(
            number: 81, name: "billing_standings", up: PackageResources.V0081__billing_standings_up_sql,
            down: PackageResources.V0081__billing_standings_down_sql),
        Migration(
            number: 82, name: "trace_states", up: PackageResources.V0082__trace_states_up_sql,
            down: PackageResources.V0082__trace_states_down_sql),
        Migration(
            number: 83, name: "bulk_mails", up: PackageResources.V0083__bulk_mails_up_sql,
            down: PackageResources.V0083__bulk_mails_down_sql),
        Migration(
            number: 84, name: "bulk_mail_index", up: PackageResources.V0084__bulk_mail_index_up_sql,
            down: PackageResources.V0084__bulk_mail_index_down_sql),
    ]

    /// Of migrations 69 and 73: only what is erased elsewhere is erased from the log.
    private static let erasureCondition = "EXISTS (SELECT FROM main.erasures WHERE tenant_id = tenant)"

    private static let cheaperWrites = Migration(
        number: 60, name: "cheaper_writes",
        up: [
            OutboxSchema.rulesInPolicies, RowChangeSchema.loggedByRow(tables: cachedTables),
            String(decoding: PackageResources.V0060__cheaper_writes_up_sql, as: UTF8.self),
        ].joined(),
        down: [
            String(decoding: PackageResources.V0060__cheaper_writes_down_sql, as: UTF8.self),
            RowChangeSchema.loggedByStatement(tables: cachedTables), OutboxSchema.rulesInChecks,
        ].joined())

    /// Of migration 12: never changed again.
    private static let auditedTables = [
        "addresses", "leads", "tenants", "contacts", "resources", "invoices", "tenant_mgmt_configs",
    ]
    /// Of migrations 19 and 60.
    private static let cachedTables = ["tenants"]
}
