import Migrations
import PostgresClient

/// The preflight checks of the migrations of `tenant_mgmt_db`: what they require of rows that the original has written.
enum TenantManagementPreflightChecks {
    /// Checks of the baseline: the tables of the original.
    static let baseline: [PreflightCheck] = [
        .runtimeRoleExists(TenantManagementMigrations.runtimeRole),
        .runtimeRoleIsConfined(TenantManagementMigrations.runtimeRole),
        PreflightCheck(
            "tenants_provisioning", .warning,
            why: """
                These tenants are being provisioned. The secret that signs the callback of their pipeline is only in the Redis \
                of the original and expires; without it the callback is rejected, and the tenants stay as they are.
                """,
            query: "SELECT id, key, status, modified_on FROM main.tenants WHERE status = 2 AND NOT deleted ORDER BY id",
            advice: """
                If possible, wait until the pipelines have finished. Otherwise mark the tenants as failed and provision them \
                again with POST /tenants/{id}/provision.
                """,
            repair: "UPDATE main.tenants SET status = 3 WHERE status = 2 AND NOT deleted;"),
        PreflightCheck(
            "tenants_status_known", .warning,
            why: "Statuses are 0 to 5. These tenants are shown unchanged and cannot be provisioned.",
            query: """
                SELECT id, key, status FROM main.tenants WHERE status NOT BETWEEN 0 AND 5 AND NOT deleted ORDER BY id
                """,
            advice: "Decide which status each of them has: PATCH /tenants/{id}."),
        PreflightCheck(
            "tenants_key_form", .warning,
            why: """
                Keys are 1 to \(Tenant.maximumKeyLength) lower-case letters and digits; the original's column has room for 20 \
                characters. These tenants can be read and changed; a body that contains their key is rejected (422).
                """,
            query: """
                SELECT id, key FROM main.tenants
                WHERE key !~ '^[a-z0-9]{1,\(Tenant.maximumKeyLength)}$' AND NOT deleted ORDER BY id
                """,
            advice: "Keep them: the names of provisioned resources contain the key."),
        PreflightCheck(
            "invoices_amount_is_number", .warning,
            why: "JSON cannot express NaN and infinity: these amounts are shown as null.",
            query: """
                SELECT id, tenant_id, amount::text AS amount FROM main.invoices
                WHERE amount::text IN ('NaN', 'Infinity', '-Infinity') AND NOT deleted ORDER BY id
                """,
            advice: "Set the correct amount: PATCH /invoices/{id}."),
    ]

    /// Checks of the unique indexes.
    static let constraintsAndIndexes: [PreflightCheck] = [
        PreflightCheck(
            "idx_tenant_lead", .blocking,
            why: "A lead becomes one tenant. Here several active tenants have the same lead.",
            query: """
                SELECT lead_id, id, key, name, created_on FROM (
                    SELECT *, count(*) OVER (PARTITION BY lead_id) AS siblings FROM main.tenants
                    WHERE lead_id IS NOT NULL AND NOT deleted
                ) AS t
                WHERE siblings > 1 ORDER BY lead_id, created_on, id
                """,
            advice: """
                The repair keeps the lead at its oldest tenant and clears lead_id of the others. To keep another one, clear \
                lead_id of the others by hand, or delete tenants that were created by mistake: DELETE /tenants/{id}.
                """,
            repair: """
                UPDATE main.tenants AS t SET lead_id = NULL
                WHERE NOT t.deleted AND EXISTS (
                    SELECT FROM main.tenants AS o
                    WHERE o.lead_id = t.lead_id AND NOT o.deleted AND (o.created_on, o.id) < (t.created_on, t.id));
                """),
        PreflightCheck(
            "idx_lead_validated_email", .blocking,
            why: """
                An e-mail address belongs to one validated lead, regardless of case. Here several validated leads that are \
                not deleted have the same address.
                """,
            query: """
                SELECT lower(email) AS address, id, email, created_on,
                    EXISTS (SELECT FROM main.tenants AS t WHERE t.lead_id = l.id AND NOT t.deleted) AS has_tenant
                FROM (
                    SELECT *, count(*) OVER (PARTITION BY lower(email)) AS siblings FROM main.leads
                    WHERE is_validated AND NOT deleted
                ) AS l
                WHERE siblings > 1 ORDER BY lower(email), created_on, id
                """,
            advice: """
                The repair keeps the lead with a tenant, otherwise the oldest one; the others must validate their address \
                again. Or delete leads that were created by mistake: set deleted and deleted_on.
                """,
            repair: """
                UPDATE main.leads SET is_validated = false WHERE id IN (
                    SELECT id FROM (
                        SELECT l.id, row_number() OVER (PARTITION BY lower(l.email) ORDER BY
                            EXISTS (SELECT FROM main.tenants AS t WHERE t.lead_id = l.id AND NOT t.deleted) DESC,
                            l.created_on, l.id) AS place
                        FROM main.leads AS l WHERE l.is_validated AND NOT l.deleted
                    ) AS ranked
                    WHERE place > 1);
                """),
    ]

    /// Checks for the column whose type changes.
    static let clientLists: [PreflightCheck] = [
        .noViews("views_on_invoice_currency", on: "invoices", column: "currency_code")
    ]
}
