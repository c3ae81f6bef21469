import Entities
import MessageBus
package import Migrations
import ServiceKit
import ServicePlatform

/// The migrations of `subscription_db`, in order. The first is the final state of the original.
package enum SubscriptionMigrations {
    /// Role that the service runs as; it must exist before the migrations run, and may be granted to another one.
    package static let runtimeRole = "subscription_app"

    /// All of them.
    package static let all: [Migration] = [
        Migration(
            number: 1, name: "init", up: PackageResources.V0001__init_up_sql,
            down: PackageResources.V0001__init_down_sql, isBaseline: true,
            preflightChecks: SubscriptionPreflightChecks.baseline),
        Migration(
            number: 2, name: "row_versions", up: PackageResources.V0002__row_versions_up_sql,
            down: PackageResources.V0002__row_versions_down_sql),
        Migration(
            number: 3, name: "constraints_and_indexes",
            up: PackageResources.V0003__constraints_and_indexes_up_sql,
            down: PackageResources.V0003__constraints_and_indexes_down_sql,
            // Failed where a text had been shortened for an index and somebody still saw it as it was.
            formerChecksums: ["679e900171ba84ab7475c6465369dbb70032bf9992dffc62f49d266690796129"],
            preflightChecks: SubscriptionPreflightChecks.constraintsAndIndexes),
        Migration(
            number: 4, name: "subscribing", up: PackageResources.V0004__subscribing_up_sql,
            down: PackageResources.V0004__subscribing_down_sql,
            // Failed on subscriptions that break the checks of migration 3.
            formerChecksums: ["7f5a1a602d4de9ce5c7fc0c41431a41795c5921f7c156e741d5e22179d3f92ba"]),
        Migration(
            number: 5, name: "outbox_and_inbox",
            up: OutboxSchema.up(runtimeRole: runtimeRole) + InboxSchema.up(runtimeRole: runtimeRole),
            down: InboxSchema.down + OutboxSchema.down),
        Migration(
            number: 6, name: "tenant_isolation", up: PackageResources.V0006__tenant_isolation_up_sql,
            down: PackageResources.V0006__tenant_isolation_down_sql),
        Migration(
            number: 7, name: "feature_toggles", up: PackageResources.V0007__feature_toggles_up_sql,
            down: PackageResources.V0007__feature_toggles_down_sql),
        Migration(
            number: 8, name: "billing", up: PackageResources.V0008__billing_up_sql,
            down: PackageResources.V0008__billing_down_sql),
        Migration(
            number: 9, name: "idempotency_keys", up: IdempotencySchema.up(runtimeRole: runtimeRole),
            down: IdempotencySchema.down),
        Migration(
            number: 10, name: "list_indexes", up: PackageResources.V0010__list_indexes_up_sql,
            down: PackageResources.V0010__list_indexes_down_sql),
        Migration(
            number: 11, name: "policies_once_a_statement",
            up: PackageResources.V0011__policies_once_a_statement_up_sql,
            down: PackageResources.V0011__policies_once_a_statement_down_sql),
        Migration(
            number: 12, name: "expiry", up: PackageResources.V0012__expiry_up_sql,
            down: PackageResources.V0012__expiry_down_sql),
        Migration(
            number: 13, name: "milliseconds", up: MillisecondSchema.up(tables: auditedTables),
            down: MillisecondSchema.down(tables: auditedTables)),
        Migration(
            number: 14, name: "expiry_lists", up: PackageResources.V0014__expiry_lists_up_sql,
            down: PackageResources.V0014__expiry_lists_down_sql),
        Migration(
            number: 19, name: "row_changes", up: RowChangeSchema.up(tables: cachedTables, runtimeRole: runtimeRole),
            down: RowChangeSchema.down(tables: cachedTables)),
        Migration(
            number: 24, name: "blocked_tenants", up: PackageResources.V0024__blocked_tenants_up_sql,
            down: PackageResources.V0024__blocked_tenants_down_sql),
        Migration(
            number: 25, name: "known_tenants", up: PackageResources.V0025__known_tenants_up_sql,
            down: PackageResources.V0025__known_tenants_down_sql),
        Migration(
            number: 30, name: "event_log", up: OutboxSchema.logUp(runtimeRole: runtimeRole),
            down: OutboxSchema.logDown),
        Migration(
            number: 60, name: "cheaper_writes",
            up: OutboxSchema.rulesInPolicies + RowChangeSchema.loggedByRow(tables: cachedTables),
            down: RowChangeSchema.loggedByStatement(tables: cachedTables) + OutboxSchema.rulesInChecks),
        Migration(
            number: 62, name: "credentials", up: PackageResources.V0062__credentials_up_sql,
            down: PackageResources.V0062__credentials_down_sql),
        Migration(
            number: 64, name: "known_roles", up: PackageResources.V0064__known_roles_up_sql,
            down: PackageResources.V0064__known_roles_down_sql),
        Migration(
            number: 69, name: "audit_log",
            up: AuditSchema.up(runtimeRole: runtimeRole, tables: SubscriptionAudit.first),
            down: AuditSchema.down(tables: SubscriptionAudit.first)),
        // Behind all that create functions.
        Migration(
            number: 72, name: "function_privileges", up: RoleGrants.functionsOfSchemaUsers,
            down: RoleGrants.functionsOfEverybody),
        // No row of this service is about a tenant without being the tenant's.
        Migration(
            number: 73, name: "audit_erasures", up: AuditSchema.bindErasure(others: "SELECT NULL::uuid WHERE false"),
            down: AuditSchema.unbindErasure()),
        Migration(
            number: 80, name: "room_for_changes", up: OutboxSchema.roomForClaims + AuditSchema.roomForSeals,
            down: AuditSchema.littleRoomForSeals + OutboxSchema.littleRoomForClaims),
        Migration(
            number: 81, name: "lists_by_status", up: PackageResources.V0081__lists_by_status_up_sql,
            down: PackageResources.V0081__lists_by_status_down_sql),
        subscriptionBilling, endingSubscriptions,
        Migration(
            number: 95, name: "test_clocks", up: PackageResources.V0095__test_clocks_up_sql,
            down: PackageResources.V0095__test_clocks_down_sql),
        Migration(
            number: 96, name: "renewals", up: PackageResources.V0096__renewals_up_sql,
            down: PackageResources.V0096__renewals_down_sql),
        Migration(
            number: 100, name: "invoices",
            up: sql(PackageResources.V0100__invoices_up_sql)
                + AuditSchema.attach(SubscriptionAudit.changedByInvoices + SubscriptionAudit.invoices)
                + RoleGrants.functionsOfSchemaUsers,
            down: AuditSchema.detach(SubscriptionAudit.invoices) + sql(PackageResources.V0100__invoices_down_sql)
                + AuditSchema.attach(SubscriptionAudit.changedByInvoices)),
        Migration(
            number: 101, name: "invoice_numbers", up: PackageResources.V0101__invoice_numbers_up_sql,
            down: PackageResources.V0101__invoice_numbers_down_sql),
        Migration(
            number: 110, name: "usage",
            up: sql(PackageResources.V0110__usage_up_sql) + AuditSchema.attach(SubscriptionAudit.usage)
                + RoleGrants.functionsOfSchemaUsers,
            down: AuditSchema.detach(SubscriptionAudit.usage) + sql(PackageResources.V0110__usage_down_sql)),
        Migration(
            number: 111, name: "usage_reservations", up: PackageResources.V0111__usage_reservations_up_sql,
            down: PackageResources.V0111__usage_reservations_down_sql),
        Migration(
            number: 112, name: "usage_alerts", up: PackageResources.V0112__usage_alerts_up_sql,
            down: PackageResources.V0112__usage_alerts_down_sql),
        Migration(
            number: 113, name: "signing_keys", up: PackageResources.V0113__signing_keys_up_sql,
            down: PackageResources.V0113__signing_keys_down_sql),
        Migration(
            number: 120, name: "invoice_events",
            up: sql(PackageResources.V0120__invoice_events_up_sql) + RoleGrants.functionsOfSchemaUsers,
            down: sql(PackageResources.V0120__invoice_events_down_sql)),
        Migration(
            number: 121, name: "document_hashes", up: PackageResources.V0121__document_hashes_up_sql,
            down: PackageResources.V0121__document_hashes_down_sql),
        collections,
        Migration(
            number: 126, name: "provider_refunds",
            up: sql(PackageResources.V0126__provider_refunds_up_sql) + RoleGrants.functionsOfSchemaUsers,
            down: sql(PackageResources.V0126__provider_refunds_down_sql)),
        planVersions,
        Migration(
            number: 136, name: "repricings", up: PackageResources.V0136__repricings_up_sql,
            down: PackageResources.V0136__repricings_down_sql),
        addOns,
        Migration(
            number: 138, name: "add_ons_of_tenants", up: PackageResources.V0138__add_ons_of_tenants_up_sql,
            down: PackageResources.V0138__add_ons_of_tenants_down_sql),
        Migration(
            number: 145, name: "metered_billing",
            up: sql(PackageResources.V0145__metered_billing_up_sql)
                + AuditSchema.attach(SubscriptionAudit.meteredPrices),
            down: AuditSchema.detach(SubscriptionAudit.meteredPrices)
                + sql(PackageResources.V0145__metered_billing_down_sql)),
        Migration(
            number: 146, name: "reports",
            up: sql(PackageResources.V0146__reports_up_sql) + RoleGrants.functionsOfSchemaUsers,
            down: sql(PackageResources.V0146__reports_down_sql)),
        Migration(
            number: 147, name: "prepaid_credits",
            up: sql(PackageResources.V0147__prepaid_credits_up_sql) + AuditSchema.attach(SubscriptionAudit.creditGrants)
                + RoleGrants.functionsOfSchemaUsers,
            down: AuditSchema.detach(SubscriptionAudit.creditGrants)
                + sql(PackageResources.V0147__prepaid_credits_down_sql)),
        Migration(
            number: 155, name: "billing_guards", up: PackageResources.V0155__billing_guards_up_sql,
            down: PackageResources.V0155__billing_guards_down_sql),
        Migration(
            number: 161, name: "seller_logos", up: PackageResources.V0161__seller_logos_up_sql,
            down: PackageResources.V0161__seller_logos_down_sql),
        Migration(
            number: 162, name: "plan_names",
            up: sql(PackageResources.V0162__plan_names_up_sql) + RoleGrants.functionsOfSchemaUsers,
            down: sql(PackageResources.V0162__plan_names_down_sql)),
    ]

    private static let collections = Migration(
        number: 125, name: "collections",
        up: sql(PackageResources.V0125__collections_up_sql)
            + AuditSchema.attach(SubscriptionAudit.changedByCollections) + RoleGrants.functionsOfSchemaUsers,
        down: sql(PackageResources.V0125__collections_down_sql)
            + AuditSchema.attach(SubscriptionAudit.changedByCollections))

    private static let subscriptionBilling = Migration(
        number: 90, name: "subscription_billing",
        up: sql(PackageResources.V0090__subscription_billing_up_sql)
            + AuditSchema.attach([SubscriptionAudit.subscriptions, SubscriptionAudit.subscriptionChanges])
            + RoleGrants.functionsOfSchemaUsers,
        down: AuditSchema.detach([SubscriptionAudit.subscriptionChanges])
            + sql(PackageResources.V0090__subscription_billing_down_sql)
            + AuditSchema.attach([SubscriptionAudit.subscriptions]))

    private static let planVersions = extendingChanges(
        135, "plan_versions", PackageResources.V0135__plan_versions_up_sql,
        PackageResources.V0135__plan_versions_down_sql, adding: SubscriptionAudit.planVersions)

    private static let addOns = extendingChanges(
        137, "add_ons", PackageResources.V0137__add_ons_up_sql, PackageResources.V0137__add_ons_down_sql,
        adding: SubscriptionAudit.addOns)

    /// A migration that adds an audited table, and columns of `subscription_changes`.
    private static func extendingChanges(
        _ number: Int, _ name: String, _ up: [UInt8], _ down: [UInt8], adding table: AuditedTable
    ) -> Migration {
        Migration(
            number: number, name: name,
            up: sql(up) + AuditSchema.attach([table, SubscriptionAudit.subscriptionChanges])
                + RoleGrants.functionsOfSchemaUsers,
            down: AuditSchema.detach([table]) + sql(down) + AuditSchema.attach([SubscriptionAudit.subscriptionChanges]))
    }

    private static let endingSubscriptions = Migration(
        number: 91, name: "ending_subscriptions", up: PackageResources.V0091__ending_subscriptions_up_sql,
        down: PackageResources.V0091__ending_subscriptions_down_sql)

    private static func sql(_ file: [UInt8]) -> String { String(decoding: file, as: UTF8.self) }

    /// Of migration 13: never changed again.
    private static let auditedTables = [
        "currencies", "billing_cycles", "plans", "billing_customer", "invoice", "subscriptions", "resources",
        "services", "plan_sizes", "features", "strategies", "feature_values", "invoice_lines", "billing_payments",
        "ledger_customers", "ledger_payment_sources",
    ]
    /// Of migrations 19 and 60.
    private static let cachedTables = ["plans", "billing_cycles", "currencies"]
}
