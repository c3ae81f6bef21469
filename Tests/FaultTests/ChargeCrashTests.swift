import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import TestSupport
import Testing

/// What is charged when the node that charges is killed.
@Suite(.timeLimit(.minutes(20))) struct ChargeCrashTests {
    /// A node that collects by a provider which makes every charge that it is asked for.
    private struct Collector {
        let database: TestDatabase
        let node: ArcProcess
        let provider: TestHTTPClient
        let token: String
        let plan: String

        func post(_ path: String, _ body: JSONValue, headers: [String: String] = [:]) async throws -> JSONValue {
            try await node.client.send("POST", path, body, token: token, headers: headers).expect(201).json
        }

        /// A tenant with a card.
        func payer() async throws -> Identifier {
            let tenant = Identifier.v4()
            let customer = try await post(
                "/billing-customer", ["firstName": "Ann"], headers: ["tenantId": tenant.description])["id"]
            _ = try await post(
                "/billing-payment-source", ["customerId": customer ?? .null, "options": ["token": "pm_card_visa"]])
            return tenant
        }

        /// A subscription that is collected at once.
        func subscribe(_ tenant: Identifier) async throws {
            _ = try await post(
                "/subscriptions",
                [
                    "subscriberId": .identifier(tenant), "planId": .string(plan), "status": 1, "quantity": "1",
                    "collectionMethod": "automatic",
                ])
        }

        /// The node dies: what it had not committed is rolled back, and its leases end.
        func kill() async throws {
            try await node.kill()
            try await database.query(
                """
                SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
                WHERE datname = current_database() AND usename = '\(database.template.runtimeRole)'
                """)
            try await database.query(
                "UPDATE main.invoice_collections SET due_at = now(), claim = NULL WHERE attempted_on IS NOT NULL")
        }

        /// Amounts that the provider has charged.
        func charges() async throws -> [Int?] {
            let payments = try await provider.get("/v1/payment_intents?limit=100", token: "sk_test_of_a_test").expect(
                200)
            return (payments.json["data"]?.arrayValue ?? []).map { $0["amount"]?.intValue }
        }

        func count(_ condition: String) async throws -> Int {
            try await database.count("SELECT count(*) FROM \(condition)")
        }

        /// Invoices that are paid, with one payment of the provider each.
        func paid() async throws -> Int {
            try await count(
                """
                main.invoice AS invoice WHERE invoice_status = 'paid' AND 1 = (
                    SELECT count(*) FROM main.billing_payments
                    WHERE invoice_id = invoice.id AND status = 'success' AND id_at_gateway LIKE 'pi%')
                """)
        }
    }

    private static let gate = 6197

    /// Whoever records a payment waits until the lock is free.
    private static let holding = [
        """
        CREATE FUNCTION public.hold_payment() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock_shared(\(gate));
            RETURN NEW;
        END
        $$
        """,
        "CREATE TRIGGER a_gate BEFORE INSERT ON main.billing_payments FOR EACH ROW EXECUTE FUNCTION public.hold_payment()",
    ]

    private func run(_ body: (Collector, _ provider: TCPProxy) async throws -> Void) async throws {
        try await LocalStripePeer.run { url in
            let port = try #require(url.split(separator: ":").last.flatMap { Int($0) })
            try await TCPProxy.run(to: "127.0.0.1", "\(port)") { proxy in
                let data = try await StackData.make([.subscription], on: TestServers.current())
                try await withCleanup {
                    let settings = [
                        "BILLING_PROVIDER": "stripe", "STRIPE_API_BASE": "http://127.0.0.1:\(proxy.port)",
                        "STRIPE_SECRET_KEY": "sk_test_of_a_test", "STRIPE_WEBHOOK_SECRET": "whsec_of_a_test",
                    ]
                    let variables = try data.variables(.subscription, tenantManagement: nil)
                        .merging(TableGate.patience) { $1 }.merging(settings) { $1 }
                    let node = try await ArcProcess(.subscription, environment: variables)
                    try await withCleanup {
                        let database = try data.database(.subscription)
                        let plans = try await database.texts("SELECT id::text FROM main.plans ORDER BY price LIMIT 1")
                        let collector = Collector(
                            database: database, node: node, provider: TestHTTPClient(port: port),
                            token: try await TestTokens(clock: SystemClock()).operatorToken(),
                            plan: try #require(plans.first))
                        try await body(collector, proxy)
                    } cleanup: {
                        await node.remove()
                    }
                } cleanup: {
                    await data.remove()
                }
            }
        }
    }

    @Test
    func `a node that is killed between a charge and its record charges nothing twice, and the payment is recorded`()
        async throws
    {
        try await run { collector, provider in
            let database = collector.database
            for sql in Self.holding { try await database.query(sql) }
            // After the charge.
            try await database.withPool { pool in
                try await pool.withTransaction { transaction in
                    _ = try await transaction.query("SELECT pg_advisory_xact_lock($1)", [.int64(Int64(Self.gate))])
                    try await collector.subscribe(try await collector.payer())
                    try await eventually("the charge is about to be recorded") {
                        try await collector.count(
                            "pg_locks WHERE locktype = 'advisory' AND objid = \(Self.gate) AND NOT granted") == 1
                    }
                    try await collector.kill()
                }
            }
            #expect(try await collector.charges() == [5000])
            #expect(try await collector.count("main.billing_payments") == 0)
            #expect(try await collector.count("main.invoice WHERE invoice_status = 'open'") == 1)
            try await collector.node.start()
            try await eventually("the payment is recorded") { try await collector.paid() == 1 }
            #expect(try await collector.charges() == [5000])

            // Before it: the payment was begun, and the provider has heard nothing of it.
            let second = try await collector.payer()
            provider.refuse(true)
            try await collector.subscribe(second)
            try await eventually("the payment is begun") {
                try await collector.count("main.invoice_collections WHERE attempted_on IS NOT NULL") == 1
            }
            try await collector.kill()
            #expect(try await collector.charges() == [5000])
            provider.refuse(false)
            try await collector.node.start()
            try await eventually("it is charged and recorded") { try await collector.paid() == 2 }
            #expect(try await collector.charges() == [5000, 5000])
            #expect(try await collector.count("main.billing_payments") == 2)
            try await Self.prove(database)
        }
    }

    /// `arc billing check` has no findings.
    private static func prove(_ database: TestDatabase) async throws {
        let variables = OperationsShell.variables(of: database).map { "\($0.key)=\($0.value)" }
        let checked = try await TestCommand.run(
            ["env"] + variables + [try ArcCommand.executable(), "billing", "check"])
        #expect(checked.contains(" 0 findings"), "\(checked)")
    }
}
