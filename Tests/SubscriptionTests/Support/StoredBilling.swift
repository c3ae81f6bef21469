import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives

/// Subscriptions that the engine bills, stored as they are: for tests of what happens to them later.
enum StoredBilling {
    static func scenario(start: String, currency: String = "USD") -> JSONValue {
        [
            "currency": .string(currency), "timeZone": "UTC", "start": .string(start), "interval": ["unit": "month"],
            "price": ["model": "per_unit", "unitAmount": "8.50"], "quantity": "3",
        ]
    }

    /// Stores one that is due.
    /// - Parameter due: Since when, in SQL.
    static func store(
        _ tenant: Identifier, _ scenario: JSONValue, start: String, due: String = "now()", _ database: TestDatabase
    ) async throws -> String {
        let id = Identifier.v4()
        try await database.query(
            """
            INSERT INTO main.subscriptions (
                id, subscriber_id, plan_id, status, start_date, end_date, billing_anchor_day, renews)
            VALUES ($1, $2, (SELECT id FROM main.plans ORDER BY id LIMIT 1), 1, $3, $3, 1, true)
            """, [.identifier(id), .identifier(tenant), .text(start)])
        try await database.query(
            """
            INSERT INTO main.subscription_billing (id, tenant_id, scenario, time_zone, next_due_on, due_at)
            VALUES ($1, $2, $3, 'UTC', \(due), \(due))
            """, [.identifier(id), .identifier(tenant), .json(scenario.serialized())])
        return id.description
    }

    /// The invoices of a subscription: ordinal, day, total and lines.
    static func invoices(_ subscription: String, _ database: TestDatabase) async throws -> [String] {
        try await database.texts(
            """
            SELECT concat_ws(' ', invoice.ordinal, invoice.issued_on, invoice.total, invoice.currency_code, (
                SELECT string_agg(concat_ws('/', description, amount, period_start, period_end), ', ' ORDER BY position)
                FROM main.invoice_lines WHERE invoice_id = invoice.id))
            FROM main.invoice WHERE subscription_id = $1::uuid ORDER BY ordinal
            """, [.text(subscription)])
    }
}
