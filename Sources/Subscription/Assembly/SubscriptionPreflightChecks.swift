import Migrations
import PostgresClient

/// The preflight checks of the migrations of `subscription_db`: what they require of rows that the original has written.
enum SubscriptionPreflightChecks {
    /// Checks of the baseline: the tables of the original.
    static let baseline: [PreflightCheck] = [
        .runtimeRoleExists(SubscriptionMigrations.runtimeRole),
        .runtimeRoleIsConfined(SubscriptionMigrations.runtimeRole),
        PreflightCheck(
            "currencies_code_form", .warning,
            why:
                "Codes are three capital letters (ISO 4217). Plans in these currencies can be read, but not subscribed to.",
            query: """
                SELECT id, currency_code FROM main.currencies
                WHERE currency_code !~ '^[A-Z]{3}$' AND NOT deleted ORDER BY id
                """,
            advice: "Correct the code: PATCH /currencies/{id}."),
        PreflightCheck(
            "billing_cycles_unit_known", .warning,
            why: """
                A cycle is 1 to 9999 days, weeks, months or years; the original treated other units as days. Plans with these \
                cycles can be read, but not subscribed to.
                """,
            query: """
                SELECT id, cycle_name, duration, duration_unit FROM main.billing_cycles
                WHERE (duration NOT BETWEEN 1 AND 9999 OR duration_unit !~* '^(day|week|month|year)s?$') AND NOT deleted
                ORDER BY id
                """,
            advice: "Set the correct duration: PATCH /billing-cycles/{id}."),
        PreflightCheck(
            "billing_customer_tenant_is_id", .warning,
            why: """
                A customer belongs to the tenant with its tenant_id, a UUID in lower case. These customers and their invoices \
                are visible to operators, but not to a tenant's own users.
                """,
            query: """
                SELECT id, tenant_id, customer_id FROM main.billing_customer
                WHERE tenant_id !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' AND NOT deleted ORDER BY id
                """,
            advice: "Set tenant_id to the id of the tenant, or keep them. The repair corrects those in upper case.",
            repair: """
                UPDATE main.billing_customer SET tenant_id = lower(tenant_id)
                WHERE lower(tenant_id) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' AND tenant_id <> lower(tenant_id);
                """),
        PreflightCheck(
            "subscriptions_dates_are_dates", .warning,
            why: """
                Dates are texts of the form 2026-01-31. These subscriptions are shown unchanged and do not expire.
                """,
            query: """
                SELECT id, subscriber_id, start_date, end_date, status FROM main.subscriptions
                WHERE (start_date IS NULL OR end_date IS NULL
                    OR start_date !~ '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$'
                    OR end_date !~ '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$') AND NOT deleted
                ORDER BY id
                """,
            advice: "Set the correct dates: PATCH /subscriptions/{id}."),
    ]

    /// Checks for constraints and unique indexes. Rows that break a `NOT VALID` constraint stay, but cannot be changed without
    /// satisfying it.
    static let constraintsAndIndexes: [PreflightCheck] = [
        PreflightCheck(
            "idx_billing_customer_tenant", .blocking,
            why: "A tenant has one customer at the billing provider. Here tenants have several that are not deleted.",
            query: """
                SELECT tenant_id, id, customer_id, created_on,
                    (SELECT count(*) FROM main.invoice AS i WHERE i.billing_customer_id = c.id) AS invoices
                FROM (
                    SELECT *, count(*) OVER (PARTITION BY tenant_id) AS siblings FROM main.billing_customer
                    WHERE NOT deleted
                ) AS c
                WHERE siblings > 1 ORDER BY tenant_id, created_on, id
                """,
            advice: """
                The repair keeps the customer with the most invoices, otherwise the newest one, and marks the others as \
                deleted; invoices keep their customer. The provider still has all of them: close the others there.
                """,
            repair: """
                UPDATE main.billing_customer SET deleted = true, deleted_on = now() WHERE id IN (
                    SELECT id FROM (
                        SELECT c.id, row_number() OVER (PARTITION BY c.tenant_id ORDER BY
                            (SELECT count(*) FROM main.invoice AS i WHERE i.billing_customer_id = c.id) DESC,
                            c.created_on DESC, c.id) AS place
                        FROM main.billing_customer AS c WHERE NOT c.deleted
                    ) AS ranked
                    WHERE place > 1);
                """),
        PreflightCheck(
            "idx_features_key", .blocking,
            why: "A key identifies one feature. Here several features that are not deleted have the same key.",
            query: """
                SELECT key, id, name, created_on FROM (
                    SELECT *, count(*) OVER (PARTITION BY key) AS siblings FROM main.features WHERE NOT deleted
                ) AS f
                WHERE siblings > 1 ORDER BY key, created_on, id
                """,
            advice: """
                The repair keeps the key of the oldest feature and appends the first characters of their ids to the keys of \
                the others; values with the key then belong to the oldest. Or mark features that were created by mistake as \
                deleted.
                """,
            repair: """
                UPDATE main.features AS f SET key = f.key || '-' || left(f.id::text, 8)
                WHERE NOT f.deleted AND EXISTS (
                    SELECT FROM main.features AS o
                    WHERE o.key = f.key AND NOT o.deleted AND (o.created_on, o.id) < (f.created_on, f.id));
                """),
        PreflightCheck(
            "indexed_texts_fit", .blocking,
            why: "Keys of features and tiers of plans are indexed, so they have at most 2000 bytes.",
            query: """
                SELECT 'features' AS table, id, left(key, 60) AS beginning, octet_length(key) AS bytes FROM main.features
                WHERE octet_length(key) > 2000
                UNION ALL
                SELECT 'plans', id, left(tier, 60), octet_length(tier) FROM main.plans WHERE octet_length(tier) > 2000
                """,
            advice: "Shorten them by hand: UPDATE main.features SET key = … WHERE id = …, plans likewise."),
        .noViews("views_on_plan_price", on: "plans", column: "price"),
        PreflightCheck(
            "plans_price_range", .warning,
            why: """
                Prices are at least 0 and below 100,000,000,000,000. These plans can be read; changes are rejected (422) \
                unless they set such a price.
                """,
            query: """
                SELECT id, name, price::text AS price FROM main.plans
                WHERE NOT (price >= 0 AND price < 100000000000000) ORDER BY id
                """,
            advice: "Set the correct price: PATCH /plans/{id}."),
        PreflightCheck(
            "subscriptions_status_known", .warning,
            why: """
                Statuses are 0 to 4. These subscriptions can be read; changes are rejected (422) unless they set such a status.
                """,
            query: """
                SELECT id, subscriber_id, status FROM main.subscriptions WHERE status NOT BETWEEN 0 AND 4 ORDER BY id
                """,
            advice: "Decide which status each of them has: PATCH /subscriptions/{id}."),
        PreflightCheck(
            "subscriptions_dates_ordered", .warning,
            why: """
                A period does not end before it starts. These subscriptions can be read; changes are rejected (422) unless \
                they set dates in the right order.
                """,
            query: """
                SELECT id, subscriber_id, start_date, end_date, status FROM main.subscriptions
                WHERE end_date < start_date ORDER BY id
                """,
            advice: "Set the correct dates: PATCH /subscriptions/{id} with startDate and endDate."),
    ]
}
