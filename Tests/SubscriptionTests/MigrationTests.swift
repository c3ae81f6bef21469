import Migrations
import PostgresClient
import PostgresTestSupport
import ServiceKit
import StackTestSupport
import Testing

@testable import Subscription

extension ServiceTests {
    @Suite struct Migrations {
        private func migrator(_ database: TestDatabase) -> Migrator {
            Migrator(
                configuration: database.configuration(), migrations: SubscriptionMigrations.all,
                logger: testLogger)
        }

        @Test func `migrations are reverted with data and applied again`() async throws {
            try await TestDatabase.with(.subscription) { database in
                try await database.query(
                    """
                    WITH invoice AS (
                        INSERT INTO main.invoice (invoice_status, tenant_id, currency_code, subtotal, total)
                        VALUES ('draft', '00000000-0000-4000-8000-0000000000a1', 'USD', 5000, 5000) RETURNING id)
                    INSERT INTO main.subscriptions (subscriber_id, plan_id, start_date, end_date, status, invoice_id)
                    SELECT '00000000-0000-4000-8000-0000000000a1', plans.id, '2026-01-31', '2026-02-28', 1, invoice.id
                    FROM invoice, main.plans WHERE plans.name = 'Premium'
                    """)
                // A single charge, which has no period.
                try await database.query(
                    """
                    INSERT INTO main.invoice_lines (id, invoice_id, position, description, quantity, unit_amount, amount)
                    SELECT gen_random_uuid(), id, 1, 'Set-up', 1, 5000, 5000 FROM main.invoice
                    """)
                _ = try await migrator(database).down(to: 7)
                #expect(
                    try await database.count(
                        "SELECT count(*) FROM main.invoice_lines WHERE period_end > period_start AND row_version = 1")
                        == 1)
                _ = try await migrator(database).down(to: 1)
                #expect(
                    try await database.count(
                        """
                        SELECT count(*) FROM main.subscriptions AS s JOIN main.invoice AS i ON i.id = s.invoice_id
                            JOIN main.billing_customer AS c ON c.id = i.billing_customer_id
                        WHERE c.tenant_id = s.subscriber_id::text AND i.invoice_id = 'draft-' || i.id
                        """) == 1)
                _ = try await migrator(database).up()
                #expect(
                    try await database.count("SELECT billing_anchor_day FROM main.subscriptions") == 31)
                _ = try await migrator(database).down(to: 0)
                #expect(
                    try await database.count(
                        "SELECT count(*) FROM pg_tables WHERE schemaname = 'main' AND tablename <> 'schema_migrations'")
                        == 0)
                _ = try await migrator(database).up()
            }
        }

        @Test func `a database of the original is adopted unchanged`() async throws {
            try await TestDatabase.with(.subscription) { database in
                _ = try await migrator(database).down(to: 1)
                try await database.query(
                    """
                    WITH customer AS (
                        INSERT INTO main.billing_customer (tenant_id, customer_id, created_by)
                        VALUES ('00000000-0000-4000-8000-0000000000a1', 'cus_1', '00000000-0000-4000-8000-000000000009')
                        RETURNING id),
                    invoice AS (
                        INSERT INTO main.invoice (invoice_id, invoice_status, billing_customer_id, created_by)
                        SELECT 'in_1', 'paid', id, '00000000-0000-4000-8000-000000000009' FROM customer RETURNING id)
                    INSERT INTO main.subscriptions
                        (subscriber_id, plan_id, start_date, end_date, status, invoice_id, created_by, modified_on)
                    SELECT '00000000-0000-4000-8000-0000000000a1', plans.id, '2026-01-31', '2026-02-28', 1, invoice.id,
                        '00000000-0000-4000-8000-000000000009', '2026-01-31T10:00:00Z'
                    FROM invoice, main.plans WHERE plans.name = 'Premium'
                    """)
                let contents = """
                    SELECT md5(string_agg(t::text, '|')) FROM (
                        SELECT id, subscriber_id, plan_id, start_date, end_date, status, invoice_id, created_on, modified_on,
                            deleted, created_by FROM main.subscriptions
                    ) AS t
                    """
                let before = try #require(try await database.query(contents).first).text(0)
                _ = try await migrator(database).up()
                #expect(try #require(try await database.query(contents).first).text(0) == before)
                #expect(
                    try await database.count(
                        """
                        SELECT count(*) FROM main.invoice AS i JOIN main.subscriptions AS s ON s.id = i.subscription_id
                        WHERE i.tenant_id = s.subscriber_id AND s.row_version = 1 AND i.row_version = 1
                        """) == 1)
            }
        }
    }
}
