import PostgresClient
import PostgresTestSupport
import StackTestSupport

extension IsolationSide {
    /// What no operation makes, or makes without the marker: rows at rest, which no worker picks up.
    mutating func addStoredRows(_ stack: TestStack) async throws {
        let management = try stack.database(.tenantManagement)
        let values: [PostgresValue] = [.text(tenant), .text(marker)]
        try await management.query(
            """
            WITH run AS (
                INSERT INTO main.provisionings (id, tenant_id, subscription_id, status, state, requested_on, expires_on)
                VALUES (gen_random_uuid(), $1::uuid, $2, 1, 'SUCCEEDED', now(), now() + interval '1 day') RETURNING id)
            INSERT INTO main.provisioning_commands (
                id, provisioning_id, tenant_id, command, reason, requested_by, requested_on, outcome)
            SELECT gen_random_uuid(), id, $1::uuid, 'skip', $2, $2, now(), 'APPLIED' FROM run
            """, values)
        try await management.query(
            """
            INSERT INTO main.provisioning_commands (id, provisioning_id, tenant_id, command, reason, requested_on, outcome)
            SELECT gen_random_uuid(), id, tenant_id, 'skip', $2, now(), 'APPLIED' FROM main.provisionings
            WHERE tenant_id = $1::uuid LIMIT 1
            """, values)
        try await management.query(
            """
            INSERT INTO main.notifications (id, type, tenant_id, content, next_attempt_on, failed_on, created_on)
            VALUES (gen_random_uuid(), $2, $1::uuid, convert_to($2, 'UTF8'), now(), now(), now())
            """, values)
        // An off-boarding that is over, with its certificate; the tenant was provisioned again.
        try await management.query(
            """
            INSERT INTO main.offboardings (
                id, tenant_id, reason, state, grace_days, requested_on, ends_on, certificate, is_superseded)
            SELECT gen_random_uuid(), $1::uuid, $2, 2, 0, now(), now(), json_build_object(
                'version', 1, 'id', $1, 'tenantId', $1, 'tenantKey', $2, 'tenantName', $2, 'reason', $2, 'graceDays', 0,
                'requestedOn', '2026-01-05T12:00:00.000Z', 'completedOn', '2026-01-05T12:00:00.000Z',
                'removedResources', json_build_array(), 'sha256', '')::text, true
            """, values)
        try await management.query(
            """
            INSERT INTO main.erasures (tenant_id, erased_on, erased_by, certificate)
            SELECT $1::uuid, now(), $2, json_build_object(
                'version', 1, 'tenantId', $1, 'erasedOn', '2026-01-05T12:00:00.000Z', 'erasedBy', $2,
                'erased', json_build_array(), 'removed', json_build_array(), 'keptForInvoices', json_build_array(),
                'sha256', '')::text
            """, values)
        rows["/tenant-exports"] = try await management.texts(
            """
            WITH made AS (
                INSERT INTO main.tenant_exports (id, tenant_id, state, requested_on, requested_by, size, sha256)
                VALUES (gen_random_uuid(), $1::uuid, 'DONE', now(), $2, 9, '') RETURNING id),
            chunk AS (
                INSERT INTO main.tenant_export_chunks (export_id, position, tenant_id, content)
                SELECT id, 0, $1::uuid, convert_to($2, 'UTF8') FROM made)
            SELECT id::text FROM made
            """, values
        ).first
        let subscription = try stack.database(.subscription)
        // The same one in both outboxes, because both services show theirs.
        let event = try await management.texts(
            "SELECT event_id::text FROM main.outbox WHERE tenant_id = $1::uuid ORDER BY position LIMIT 1",
            [values[0]]
        ).first
        rows["/events"] = event
        try await subscription.query(
            """
            INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data, state, settled_at)
            VALUES ($2::uuid, 'TEST', 1, $1::uuid, now(), '{}', 1, now())
            """, [values[0], .text(event ?? "")])
        // The same one in both audit logs.
        let change = try await management.texts(
            "SELECT id::text FROM main.audit_logs WHERE tenant_id = $1::uuid AND after::text LIKE '%' || $2 || '%' LIMIT 1",
            values
        ).first
        rows["/audit-logs"] = change
        try await subscription.query(
            """
            INSERT INTO main.audit_logs (id, recorded_on, tenant_id, actor_kind, entity, action, after)
            VALUES ($3::uuid, now(), $1::uuid, 'system', 'Subscription', 'update', jsonb_build_object('note', $2::text))
            """, values + [.text(change ?? "")])
        try await subscription.query(
            "UPDATE main.invoice_lines SET description = $2 WHERE invoice_id IN (SELECT id FROM main.invoice WHERE tenant_id = $1::uuid)",
            values)
        // A refund of a part of the invoice that was paid.
        rows["/credit-notes"] = try await subscription.texts(
            """
            WITH note AS (
                INSERT INTO main.credit_notes (
                    id, invoice_id, currency_code, amount, tax, total, destination, reason, issued_on)
                SELECT gen_random_uuid(), id, currency_code, 1000, 0, 1000, 'payer', $2, issued_on FROM main.invoice
                WHERE tenant_id = $1::uuid AND invoice_status = 'paid' LIMIT 1 RETURNING id, invoice_id, tenant_id)
            SELECT id::text FROM note
            """, values
        ).first
        try await subscription.query(
            """
            INSERT INTO main.credit_note_lines (
                id, credit_note_id, invoice_line_id, tenant_id, position, description, amount, tax)
            SELECT gen_random_uuid(), note.id, line.id, note.tenant_id, 1, $2, 1000, 0
            FROM main.credit_notes AS note JOIN main.invoice_lines AS line ON line.invoice_id = note.invoice_id
            WHERE note.tenant_id = $1::uuid
            """, values)
        try await subscription.query(
            """
            INSERT INTO main.billing_payments (id, invoice_id, tenant_id, amount, payment_method, status, paid_on, comment)
            VALUES (gen_random_uuid(), $2::uuid, $1::uuid, 5000, 'other', 'failure', now(), $3)
            """, [.text(tenant), .text(rows["/billing-invoice"] ?? ""), .text(marker)])
        // Nothing of its collection is ever due.
        try await subscription.query(
            """
            INSERT INTO main.invoice_collections (id, tenant_id, state, failure_code) VALUES ($2::uuid, $1::uuid, 'past_due', $3)
            """, [.text(tenant), .text(rows["/billing-invoice"] ?? ""), .text(marker)])
        // What happens to a subscription; nothing of it is ever due. The change has the id of the subscription, which every parameter
        // of a path gets.
        let subscribed = PostgresValue.text(rows["/subscriptions"] ?? "")
        try await subscription.query(
            """
            INSERT INTO main.subscription_billing (id, tenant_id, scenario, time_zone)
            VALUES ($2::uuid, $1::uuid, '{"currency": "USD", "start": "2026-01-05", "interval": {"unit": "month"},
                "price": {"model": "per_unit", "unitAmount": "1.00"}, "quantity": "1"}', 'UTC')
            """, [.text(tenant), subscribed])
        try await subscription.query(
            """
            INSERT INTO main.subscription_changes (
                id, subscription_id, tenant_id, position, type, state, requested_on, effective_on, change)
            VALUES ($2::uuid, $2::uuid, $1::uuid, 1, 'renew', 'scheduled', '2026-01-05', '2026-01-05',
                jsonb_build_object('note', $3::text))
            """, [.text(tenant), subscribed, .text(marker)])
        // What it has used and costs.
        try await subscription.query(
            """
            INSERT INTO main.subscription_usage (subscription_id, tenant_id, meter_key, day, number, quantity)
            VALUES ($2::uuid, $1::uuid, $3, '2026-01-05', 1, 1)
            """, [.text(tenant), subscribed, .text(marker)])
        try await subscription.query(
            """
            INSERT INTO main.tenant_costs (tenant_id, month, currency_code, amount, description)
            VALUES ($1::uuid, '2026-01', 'USD', 1, $2)
            """, [.text(tenant), .text(marker)])
        // A change of prices that concerned the subscription, and is over.
        rows["/repricings"] = try await subscription.texts(
            """
            WITH version AS (
                INSERT INTO main.plan_versions (plan_id, number, state, prices)
                SELECT plan_id, (SELECT 1000 + count(*) FROM main.plan_versions), 'draft', '[{"currency": "USD", "amount": "1.00"}]' FROM main.subscriptions
                WHERE id = $3::uuid RETURNING id, plan_id),
            repricing AS (
                INSERT INTO main.plan_repricings (plan_id, version_id, is_dry_run, state, note, prices, due_at)
                SELECT plan_id, id, true, 'done', $2, '[]', NULL FROM version RETURNING id),
            item AS (
                INSERT INTO main.repriced_subscriptions (id, repricing_id, tenant_id, subscription_id, state, reason)
                SELECT gen_random_uuid(), id, $1::uuid, $3::uuid, 'skipped', 'ending' FROM repricing)
            SELECT id::text FROM repricing
            """, [.text(tenant), .text(marker), subscribed]
        ).first
        // One that ends soon, and one that has ended.
        for (end, status) in [("3", "1"), ("-1", "4")] {
            try await subscription.query(
                """
                INSERT INTO main.subscriptions (id, subscriber_id, plan_id, start_date, end_date, status, invoice_id)
                SELECT gen_random_uuid(), subscriber_id, plan_id, (current_date - 28)::text,
                    (current_date + $2::integer)::text, $3::smallint, invoice_id
                FROM main.subscriptions WHERE subscriber_id = $1::uuid LIMIT 1
                """, [.text(tenant), .text(end), .text(status)])
        }
    }
}
