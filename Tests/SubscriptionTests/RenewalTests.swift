import Entities
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing
import WorkQueue

@testable import Subscription

extension ServiceTests {
    /// What is due of subscriptions that the engine bills.
    @Suite struct Renewals {
        @Test func `a tenant with many due subscriptions does not keep others waiting`() async throws {
            try await TestDatabase.with(.subscription) { database in
                let scenario = StoredBilling.scenario(start: "2026-01-31")
                for _ in 0..<12 {
                    _ = try await StoredBilling.store(
                        TestService.tenantA, scenario, start: "2026-01-31", due: "now() - interval '1 day'", database)
                }
                let other = try await StoredBilling.store(
                    TestService.tenantB, scenario, start: "2026-01-31", due: "now() - interval '1 second'", database)
                try await database.withPool(user: database.template.runtimeRole) { pool in
                    let store = RenewalStore(pool: pool)
                    var claimed: [RenewalWork] = []
                    for _ in 0..<2 {
                        claimed += try await store.claim(ClaimRequest(limit: 4, lease: .seconds(600)))
                    }
                    #expect(claimed.count == 8)
                    #expect(claimed.contains { $0.subscription.description == other })
                    #expect(Set(claimed.map(\.subscription)).count == 8)
                    // Whatever is left is found, and nothing twice.
                    while case let more = try await store.claim(ClaimRequest(limit: 4, lease: .seconds(600))),
                        !more.isEmpty
                    { claimed += more }
                    #expect(claimed.count == 13 && Set(claimed.map(\.subscription)).count == 13)
                    let until = try #require(try await store.timeUntilDue())
                    #expect(until > .seconds(60))
                    #expect(try await store.backlog()?.waiting == 0)
                }
            }
        }

        /// Such as on the day after many renewals, when each tenant gets a turn because its leases have ended.
        @Test func `turns that find nothing do not delay what is due`() async throws {
            try await TestDatabase.with(.subscription) { database in
                try await database.query(
                    """
                    INSERT INTO main.renewal_queues (tenant_id, due_at)
                    SELECT gen_random_uuid(), now() - interval '1 hour' FROM generate_series(1, 1000)
                    """)
                let due = try await StoredBilling.store(
                    TestService.tenantA, StoredBilling.scenario(start: "2026-01-31"), start: "2026-01-31", database)
                try await database.withPool(user: database.template.runtimeRole) { pool in
                    let store = RenewalStore(pool: pool)
                    let claimed = try await store.claim(ClaimRequest(limit: 4, lease: .seconds(600)))
                    #expect(claimed.map(\.subscription.description) == [due])
                    #expect(try await store.claim(ClaimRequest(limit: 4, lease: .seconds(600))).isEmpty)
                }
                #expect(try await database.count("SELECT count(*) FROM main.renewal_queues WHERE due_at <= now()") == 0)
            }
        }

        @Test func `what somebody has locked keeps its turn and is left alone`() async throws {
            try await TestDatabase.with(.subscription) { database in
                let due = try await StoredBilling.store(
                    TestService.tenantA, StoredBilling.scenario(start: "2026-01-31"), start: "2026-01-31", database)
                try await database.withPool(user: database.template.runtimeRole) { pool in
                    let store = RenewalStore(pool: pool)
                    try await pool.withTransaction(settings: TenantScope.everyTenant) { transaction in
                        _ = try await transaction.query("SELECT FROM main.subscription_billing FOR UPDATE", [])
                        #expect(try await store.claim(ClaimRequest(limit: 4, lease: .seconds(600))).isEmpty)
                    }
                    let claimed = try await store.claim(ClaimRequest(limit: 4, lease: .seconds(600)))
                    #expect(claimed.map(\.subscription.description) == [due])
                }
            }
        }

        /// A claim that has begun is held before it locks the queue of a tenant, until another subscription of the tenant is due.
        @Test func `what becomes due during a claim is not overlooked`() async throws {
            try await TestDatabase.with(.subscription) { database in
                let scenario = StoredBilling.scenario(start: "2026-01-31")
                let first = try await StoredBilling.store(
                    TestService.tenantA, scenario, start: "2026-01-31", due: "now() - interval '1 day'", database)
                let second = try await StoredBilling.store(
                    TestService.tenantA, scenario, start: "2026-01-31", due: "NULL", database)
                try await database.query(
                    """
                    CREATE FUNCTION main.wait_at_gate() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
                    BEGIN
                        PERFORM pg_advisory_xact_lock_shared(1);
                        RETURN true;
                    END
                    $$
                    """)
                try await database.query(
                    "CREATE POLICY gate ON main.renewal_queues AS RESTRICTIVE FOR SELECT USING (main.wait_at_gate())")
                try await database.withPool(user: database.template.runtimeRole) { pool in
                    let store = RenewalStore(pool: pool)
                    @Sendable func claim() async throws -> [String] {
                        try await store.claim(ClaimRequest(limit: 4, lease: .seconds(3600))).map(
                            \.subscription.description)
                    }
                    let claimed = try await database.withPool { superuser in
                        try await superuser.withTransaction { gate in
                            _ = try await gate.query("SELECT pg_advisory_lock(1)", [])
                            async let claiming = claim()
                            try await eventually("the claim waits") {
                                try await database.count(
                                    """
                                    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (
                                        SELECT oid FROM pg_database WHERE datname = current_database())
                                    """) == 1
                            }
                            try await database.query(
                                "UPDATE main.subscription_billing SET due_at = now() WHERE id = $1::uuid",
                                [.text(second)])
                            _ = try await gate.query("SELECT pg_advisory_unlock(1)", [])
                            return try await claiming
                        }
                    }
                    let next = try await claim()
                    #expect(claimed + next == [first, second])
                }
            }
        }

        @Test func `what cannot be billed is parked with the reason, and goes on without loss`() async throws {
            try await TestService.run(renewsInRealTime: true) { service in
                let database = service.database
                let broken = StoredBilling.scenario(start: "2026-01-31", currency: "QQQ")
                let id = try await StoredBilling.store(TestService.tenantA, broken, start: "2026-01-31", database)
                try await eventually("it is parked") {
                    try await service.send("GET", "/subscriptions/parked").json[0]?["id"]?.stringValue == id
                }
                let parked = try await service.send(
                    "GET",
                    "/subscriptions/parked?filter={\"where\":{\"tenantId\":\"\(TestService.tenantA)\"}}".escaped)
                #expect(parked.json.arrayValue?.count == 1)
                #expect(parked.json[0]?["parkedReason"]?.stringValue?.contains("/currency") == true, "\(parked.text)")
                #expect(parked.json[0]?["issued"] == 0 && parked.json[0]?["nextDueOn"]?.stringValue != nil)
                let ready = try await service.send("GET", "/health/ready")
                #expect(ready.json["checks"]?["renewals"] == "1 parked", "\(ready.text)")
                #expect(try await StoredBilling.invoices(id, database).isEmpty)
                func events(_ type: String) async throws -> Int {
                    try await database.count(
                        "SELECT count(*) FROM main.outbox WHERE type = $1 AND data ->> 'subscriptionId' = $2",
                        [.text(type), .text(id)])
                }
                #expect(try await events("SUBSCRIPTION_PARKED") == 1)
                // Unless something was put right it is parked again.
                #expect(try await service.send("POST", "/subscriptions/\(id)/unpark").status == 204)
                try await eventually("it is parked again") { try await events("SUBSCRIPTION_PARKED") == 2 }

                try await database.query(
                    "UPDATE main.subscription_billing SET scenario = jsonb_set(scenario, '{currency}', '\"USD\"')")
                let token = try await service.token(tenant: TestService.tenantA)
                #expect(try await service.send("POST", "/subscriptions/\(id)/unpark", token: token).status == 403)
                #expect(try await service.send("POST", "/subscriptions/\(id)/unpark").status == 204)
                // It began in January: all that was due since then.
                let months = try await database.count(
                    """
                    SELECT count(*) FROM generate_series(0, 1000) AS n
                    WHERE date '2026-01-31' + n * interval '1 month' <= (now() AT TIME ZONE 'UTC')::date
                    """)
                try await eventually("everything is billed") {
                    try await StoredBilling.invoices(id, database).count == months
                }
                #expect(
                    try await StoredBilling.invoices(id, database).first?.hasPrefix("1 2026-01-31 2550 USD") == true)
                #expect(try await events("SUBSCRIPTION_UNPARKED") == 2)
                #expect(try await service.send("GET", "/subscriptions/parked").json == [])
                let again = try await service.send("POST", "/subscriptions/\(id)/unpark")
                #expect(again.status == 409 && again.json["error"]?["code"] == "NOT_PARKED")
                #expect(try await service.send("POST", "/subscriptions/\(Identifier.v4())/unpark").status == 404)
            }
        }

        /// What happens to the subscription of the story, by day.
        private static let story: [(day: String, action: String, body: JSONValue)] = [
            ("2030-05-20", "change", ["quantity": "5", "policy": "prorate_now"]),
            ("2030-08-10", "pause", [:]),
            ("2030-10-05", "resume", [:]),
            ("2031-11-12", "cancel", ["policy": "at_period_end"]),
        ]

        @Test func `two years of trial, upgrade, pause and cancellation bill the same in steps of months and of days`()
            async throws
        {
            try await TestService.run(environment: ["TEST_CLOCKS": "true", "ARC_ENV": "test"]) { service in
                let database = service.database
                let plan = try await service.plan()
                /// Lives through the story, and returns the invoices and how it ends.
                func live(_ tenant: Identifier, stopping days: [String]) async throws -> [String] {
                    let clock = try #require(
                        try await service.send(
                            "POST", "/test-clocks", ["tenantId": .identifier(tenant), "now": "2030-01-31T09:00:00Z"]
                        ).json["id"]?.stringValue)
                    let subscribed = try await service.send(
                        "POST", "/subscriptions",
                        [
                            "subscriberId": .identifier(tenant), "planId": .string(plan), "status": 1,
                            "quantity": "3", "timeZone": "UTC", "trial": ["days": 14],
                        ])
                    #expect(subscribed.status == 201, "\(subscribed.text)")
                    #expect(subscribed.json["startDate"] == "2030-01-31")
                    let id = try #require(subscribed.json["id"]?.stringValue)
                    for day in days {
                        try await service.advance(clock, to: "\(day)T09:00:00Z")
                        for step in Self.story where step.day == day {
                            let answer = try await service.send(
                                "POST", "/subscriptions/\(id)/\(step.action)", step.body)
                            #expect(answer.status == 200, "\(step.action): \(answer.text)")
                        }
                    }
                    let row = try await service.send("GET", "/subscriptions/\(id)").json
                    return try await StoredBilling.invoices(id, database) + [
                        "\(row["status"] ?? .null) \(row["endDate"] ?? .null)"
                    ]
                }
                let end = "2032-01-31"
                let inSteps = try await live(TestService.tenantA, stopping: Self.story.map(\.day) + [end])
                #expect(inSteps.count > 15, "\(inSteps)")
                // Nobody else lives on that time.
                let others = "SELECT count(*) FROM main.invoice WHERE tenant_id <> $1"
                #expect(try await database.count(others, [.identifier(TestService.tenantA)]) == 0)
                let days = try await database.texts(
                    "SELECT d::date::text FROM generate_series(date '2030-02-01', date '\(end)', '1 day') AS d")
                #expect(try await live(TestService.tenantB, stopping: days) == inSteps)
            }
        }
    }
}
