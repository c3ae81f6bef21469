package import ServicePlatform

/// The tables of the subscription service in its audit log. A migration attaches them; a test compares the lists with the database.
package enum SubscriptionAudit {
    /// Of migration 69.
    package static let first = [
        AuditedTable("currencies", as: "Currency", of: "NULL::uuid"),
        AuditedTable("billing_cycles", as: "BillingCycle", of: "NULL::uuid"),
        AuditedTable("plans", as: "Plan", of: "NULL::uuid"),
        AuditedTable("plan_sizes", as: "PlanSizes", of: "NULL::uuid"),
        AuditedTable("resources", as: "Resource", of: "NULL::uuid"),
        AuditedTable("services", as: "Service", of: "NULL::uuid"),
        AuditedTable("features", as: "Feature", of: "NULL::uuid"),
        AuditedTable("strategies", as: "Strategy", of: "NULL::uuid"),
        AuditedTable(
            "feature_values", as: "FeatureValues",
            of: "CASE WHEN r.strategy_key NOT IN ('System', 'Plan') THEN r.strategy_entity_id END"),
        subscriptions,
        AuditedTable("billing_customer", as: "BillingCustomer", of: "main.audit_uuid(r.tenant_id)"),
        AuditedTable("invoice", as: "Invoice"),
        AuditedTable(
            "invoice_lines", as: "InvoiceLine",
            of: "(SELECT i.tenant_id FROM main.invoice AS i WHERE i.id = r.invoice_id)"),
        AuditedTable("billing_payments", as: "Payment"),
        AuditedTable("ledger_customers", as: "LedgerCustomer", of: "main.audit_uuid(r.tenant_id)"),
        AuditedTable("ledger_payment_sources", as: "LedgerPaymentSource", of: "main.audit_uuid(r.tenant_id)"),
        .eventReplays,
    ]

    /// Of migration 100, for which two got more columns.
    package static let invoices = [
        AuditedTable("credit_notes", as: "CreditNote"),
        AuditedTable("credit_note_lines", as: "CreditNoteLine"),
    ]
    static let changedByInvoices = first.filter { ["invoice", "invoice_lines"].contains($0.table) }

    /// Of migration 125, for which both got a column.
    static let changedByCollections = first.filter { ["invoice", "subscriptions"].contains($0.table) }

    /// Of migrations 69 and 90: attached again when columns are added.
    static let subscriptions = AuditedTable("subscriptions", as: "Subscription", of: "r.subscriber_id")
    /// Of migration 90.
    static let subscriptionChanges = AuditedTable("subscription_changes", as: "SubscriptionChange")

    /// Of migration 110.
    static let usage = [AuditedTable("meters", as: "Meter", of: "NULL::uuid")]

    /// Of migration 145.
    static let meteredPrices = [AuditedTable("metered_prices", as: "MeteredPrice", of: "NULL::uuid")]

    /// Of migration 147.
    static let creditGrants = [AuditedTable("credit_grants", as: "CreditGrant")]

    /// Of migration 95.
    static let testClocks = [AuditedTable("test_clocks", as: "TestClock", renaming: ["instant": "now"])]

    /// Of migration 135.
    static let planVersions = AuditedTable(
        "plan_versions", as: "PlanVersion", of: "NULL::uuid", renaming: ["number": "version"])

    /// Of migration 137.
    static let addOns = AuditedTable("add_ons", as: "AddOn", of: "NULL::uuid")

    /// All of them; those of later migrations come after the first ones.
    package static let all =
        first + [subscriptionChanges] + invoices + usage + testClocks + meteredPrices + creditGrants
        + [planVersions, addOns]

    /// Tables whose changes are not recorded, with the reason.
    package static let unrecorded: [String: String] = [
        "api_key_secrets": "a copy of tenant management's",
        "billing_standings": "follow from invoice_collections",
        "provider_refunds": "follow from credit notes; leased work",
        "invoice_collections":
            "follow from invoices and payments; leased work, of which the commands of operators are recorded",
        "api_keys": "a copy of tenant management's",
        "blocked_tenants": "a copy of tenant management's",
        "credit_uses": "a log of what becomes of grants, to which rows are only added",
        "document_hashes": "follow from invoices and credit notes, and only added",
        "invoice_series": "a number for invoices, which have it",
        "ledger_entries": "a log of what becomes of invoices, to which rows are only added",
        "known_roles": "a copy of tenant management's",
        "known_tenants": "a copy of tenant management's",
        "revenue_movements": "follow from subscriptions, and are only added",
        "subscription_revenue": "follows from subscriptions",
        "seller_logos": "a file of the operator's, by its hash",
        "tenant_costs": "set by a command, which is recorded",
        "tenant_revenue": "follows from subscriptions",
        "plan_repricings": "leased work; who has begun it is recorded as a command",
        "renewal_queues": "work of the renewals",
        "repriced_subscriptions": "follow from plan_repricings",
        "role_state": "a number for caches",
        "signing_keys": "made and removed by the service itself",
        "subscription_billing": "follows from subscriptions and subscription_changes; leased work",
        "subscription_usage": "the usage of invoices, to which rows are only added",
        "tenant_list": "a copy of tenant management's",
        "token_revocations": "a copy of tenant management's",
        "usage_alerts": "follow from usage",
        "usage_checks": "leased work",
        "usage_closings": "follows from invoices",
        "usage_reservations": "made and ended by programs, within a limit",
        "usage_events": "reported by programs, and never changed",
        "usage_rollups": "sums of usage_events",
        "usage_values": "digests of usage_events",
    ]
}
