import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport

/// Nodes of the subscription service in processes of their own, and subscriptions of which something is due.
final class RenewalNodes {
    let data: StackData
    let database: TestDatabase
    let admin: String
    private(set) var nodes: [ArcProcess] = []

    /// Runs `body` with a database of its own; nodes are started by ``start()``.
    static func run(_ body: (RenewalNodes) async throws -> Void) async throws {
        let data = try await StackData.make([.subscription], on: TestServers.current())
        let nodes = try await RenewalNodes(data)
        try await withCleanup {
            try await body(nodes)
        } cleanup: {
            for node in nodes.nodes { await node.remove() }
            await data.remove()
        }
    }

    private init(_ data: StackData) async throws {
        self.data = data
        database = try data.database(.subscription)
        admin = try await TestTokens(clock: SystemClock()).operatorToken()
    }

    /// Starts one more node.
    func start() async throws {
        let environment = try data.variables(.subscription, tenantManagement: nil)
        nodes.append(try await ArcProcess(.subscription, environment: environment.merging(TableGate.patience) { $1 }))
    }

    /// Stores subscriptions that began today and were not billed, of so many tenants.
    func store(_ count: Int, tenants: Int) async throws {
        try await database.query(
            """
            WITH made AS (
                INSERT INTO main.subscriptions (
                    id, subscriber_id, plan_id, status, start_date, end_date, billing_anchor_day, renews)
                SELECT gen_random_uuid(), md5('tenant ' || n % $2)::uuid, (SELECT id FROM main.plans ORDER BY id LIMIT 1), 1,
                    current_date::text, (current_date + 28)::text, extract(day FROM current_date), true
                FROM generate_series(1, $1) AS n RETURNING id, subscriber_id)
            INSERT INTO main.subscription_billing (id, tenant_id, scenario, time_zone, next_due_on, due_at)
            SELECT id, subscriber_id, jsonb_build_object(
                    'currency', 'USD', 'timeZone', 'UTC', 'start', current_date::text,
                    'interval', jsonb_build_object('unit', 'month'),
                    'price', jsonb_build_object('model', 'per_unit', 'unitAmount', '8.50'), 'quantity', '3'),
                'UTC', now(), now()
            FROM made
            """, [.int64(Int64(count)), .int64(Int64(tenants))])
    }

    /// Lets so many invoices be committed; whoever makes one more waits until the gate is opened.
    private func closeGate(after count: Int) async throws {
        for sql in [
            "CREATE TABLE IF NOT EXISTS public.gate (invoices bigint)", "TRUNCATE public.gate",
            "INSERT INTO public.gate VALUES (\(count))",
            """
            CREATE OR REPLACE FUNCTION public.hold_invoice() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                IF (SELECT count(*) FROM main.invoice) >= (SELECT invoices FROM public.gate) THEN
                    PERFORM pg_advisory_xact_lock(\(Self.gate));
                END IF;
                RETURN NEW;
            END
            $$
            """,
            "DROP TRIGGER IF EXISTS a_gate ON main.invoice",
            """
            CREATE TRIGGER a_gate BEFORE INSERT ON main.invoice FOR EACH ROW EXECUTE FUNCTION public.hold_invoice()
            """,
        ] { try await database.query(sql) }
    }

    private static let gate: Int64 = 6196

    /// Starts nodes, and kills all of them when so many invoices are committed and others are under way.
    func killInTheMiddle(_ count: Int, after invoices: Int) async throws {
        try await closeGate(after: invoices)
        try await database.withPool { pool in
            try await pool.withTransaction { transaction in
                _ = try await transaction.query("SELECT pg_advisory_xact_lock($1)", [.int64(Self.gate)])
                if nodes.isEmpty {
                    for _ in 0..<count { try await start() }
                } else {
                    try await restart()
                }
                try await eventually("invoices wait at the gate") {
                    try await database.count(
                        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = \(Self.gate) AND NOT granted"
                    ) >= 4
                }
                for node in nodes { try await node.kill() }
            }
        }
        try await eventually("PostgreSQL has noticed the death") {
            try await database.count(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = $1",
                [.text(database.template.runtimeRole)]) == 0
        }
        // The leases of the dead nodes are over.
        try await database.query("UPDATE main.subscription_billing SET due_at = now() WHERE claim IS NOT NULL")
        try await database.query("UPDATE main.renewal_queues SET due_at = now()")
    }

    func openGate() async throws { try await database.query("DROP TRIGGER a_gate ON main.invoice") }

    func restart() async throws {
        for node in nodes { try await node.start() }
    }

    /// Invoices that were issued.
    func invoices() async throws -> Int {
        try await database.count("SELECT count(*) FROM main.invoice WHERE ordinal IS NOT NULL")
    }
}
