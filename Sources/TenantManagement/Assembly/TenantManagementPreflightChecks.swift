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
                These tenants are being provisioned. The secret that their pipeline's call-back is signed with lies in the \
                original's Redis only and expires; without it the callback is refused, and the tenants stay as they are.
                """,
            query: "SELECT id, key, status, modified_on FROM main.tenants WHERE status = 2 AND NOT deleted ORDER BY id",
            advice: """
                Best, let the pipelines end before. Otherwise mark the tenants as failed and start them again with \
                POST /tenants/{id}/provision.
                """,
            repair: "UPDATE main.tenants SET status = 3 WHERE status = 2 AND NOT deleted;"),
        PreflightCheck(
            "tenants_status_known", .warning,
            why: "Statuses are 0 to 5. These rows are shown as they are, and cannot be provisioned.",
            query: """
                SELECT id, key, status FROM main.tenants WHERE status NOT BETWEEN 0 AND 5 AND NOT deleted ORDER BY id
                """,
            advice: "Decide what each of them is: PATCH /tenants/{id} with a status."),
        PreflightCheck(
            "tenants_key_form", .warning,
            why: """
                Keys are 1 to \(Tenant.maximumKeyLength) lower-case letters and digits; the original's column has room for 20 \
                characters. These tenants can be read and changed; a body that repeats their key is refused (422).
                """,
            query: """
                SELECT id, key FROM main.tenants
                WHERE key !~ '^[a-z0-9]{1,\(Tenant.maximumKeyLength)}$' AND NOT deleted ORDER BY id
                """,
            advice: "Leave them: a key is part of the names of what was provisioned."),
        PreflightCheck(
            "invoices_amount_is_number", .warning,
            why: "JSON has no number for NaN and infinity: these amounts are shown as null.",
            query: """
                SELECT id, tenant_id, amount::text AS amount FROM main.invoices
                WHERE amount::text IN ('NaN', 'Infinity', '-Infinity') AND NOT deleted ORDER BY id
                """,
            advice: "Set the amount that was meant: PATCH /invoices/{id}."),
    ]

    /// Checks of the unique indexes.
    static let constraintsAndIndexes: [PreflightCheck] = [
        PreflightCheck(
            "idx_tenant_lead", .blocking,
            why: "A lead becomes one tenant. Here several tenants that are not deleted name the same lead.",
            query: """
                SELECT lead_id, id, key, name, created_on FROM (
                    SELECT *, count(*) OVER (PARTITION BY lead_id) AS siblings FROM main.tenants
                    WHERE lead_id IS NOT NULL AND NOT deleted
                ) AS t
                WHERE siblings > 1 ORDER BY lead_id, created_on, id
                """,
            advice: """
                Leaves the lead with its oldest tenant; the others stay without one. To keep another, clear lead_id of the \
                rest by hand, or delete a tenant that was made by mistake: DELETE /tenants/{id}.
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
                An address is proven by one lead, whatever its case. Here several validated leads that are not deleted have \
                the same one.
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
                Keeps the one with a tenant validated, else the oldest; the others become leads that have yet to prove \
                their address. Or delete those that were made by mistake: set deleted and deleted_on.
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

    /// Checks of the column whose type changes.
    static let clientLists: [PreflightCheck] = [
        .noViews("views_on_invoice_currency", on: "invoices", column: "currency_code")
    ]
}
