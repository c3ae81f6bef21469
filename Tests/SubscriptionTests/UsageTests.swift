import Entities
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import TestSupport
import Testing

@testable import Subscription

extension TestService {
    /// Creates a meter and returns its id.
    @discardableResult
    func meter(
        _ key: String, _ aggregation: String = "sum", _ members: JSONObject = [:]
    ) async throws -> String {
        var body: JSONObject = [
            "name": .string(key), "key": .string(key), "aggregation": .string(aggregation), "unit": "calls",
        ]
        for (name, value) in members { body[name] = value }
        let response = try await send("POST", "/meters", .object(body))
        try #require(response.status == 201, "\(response.text)")
        return try #require(response.json["id"]?.stringValue)
    }

    /// Makes tenants known, as tenant management reports them.
    func know(_ tenants: Identifier...) async throws {
        for tenant in tenants {
            try await database.query(
                """
                INSERT INTO main.known_tenants (tenant_id, is_blocked, tenant_version, changed_on)
                VALUES ($1, false, 1, now()) ON CONFLICT DO NOTHING
                """, [.identifier(tenant)])
        }
    }

    /// An event of the first tenant.
    static func event(
        _ id: String, _ meter: String, _ quantity: String? = nil, at: String = "2026-01-31T09:10:00Z",
        value: String? = nil, tenant: Identifier = tenantA
    ) -> JSONValue {
        var event: JSONObject = [
            "id": .string(id), "tenantId": .identifier(tenant), "meter": .string(meter), "at": .string(at),
        ]
        event["quantity"] = quantity.map { .string($0) }
        event["value"] = value.map { .string($0) }
        return .object(event)
    }

    /// Reports usage.
    func use(_ events: JSONValue...) async throws -> TestResponse {
        try await send("POST", "/usage-events", ["events": .array(events)])
    }

    /// Usage of the first tenant, as `meter=value` texts.
    func usage(_ from: String, _ to: String, _ more: String = "") async throws -> [String] {
        let response = try await send(
            "GET", "/usage?tenantId=\(Self.tenantA)&from=\(from)&to=\(to)\(more)")
        try #require(response.status == 200, "\(response.text)")
        return (response.json["meters"]?.arrayValue ?? []).map {
            "\($0["meter"]?.stringValue ?? "")=\($0["value"]?.stringValue ?? "")"
        }
    }
}

extension ServiceTests {
    @Suite struct Usage {
        @Test func `meters have the common operations, and keep their aggregation`() async throws {
            try await TestService.run { service in
                try await service.checkOperations(
                    "/meters",
                    ["name": "Calls", "key": "calls", "aggregation": "sum", "alertThresholds": [80, 100]],
                    ["name": "API calls"])
                let id = try await service.meter("bytes")
                let changed = try await service.send("PATCH", "/meters/\(id)", ["aggregation": "max"])
                #expect(changed.status == 422 && changed.violations == ["/aggregation: immutable"], "\(changed.text)")
                let unknown = try await service.send("PATCH", "/meters/\(id)", ["featureKey": "nothing"])
                #expect(unknown.status == 422 && unknown.violations == ["/featureKey: exists"], "\(unknown.text)")
                let user = try await service.token(tenant: TestService.tenantA)
                #expect(try await service.send("GET", "/meters/\(id)", token: user).status == 200)
                #expect(try await service.send("DELETE", "/meters/\(id)", token: user).status == 403)
            }
        }

        @Test func `events count once, by every aggregation and in every period`() async throws {
            try await TestService.run { service in
                try await service.know(TestService.tenantA, TestService.tenantB)
                for aggregation in Meter.Aggregation.allCases.map(\.rawValue) {
                    try await service.meter(aggregation, aggregation)
                }
                typealias Event = TestService
                let batch: [JSONValue] = [
                    Event.event("s1", "sum", "1.5"), Event.event("s2", "sum", "2", at: "2026-01-01T00:00:00Z"),
                    Event.event("c1", "count"), Event.event("c2", "count", at: "2026-01-30T23:59:59.999Z"),
                    Event.event("m1", "max", "7", at: "2026-01-31T09:00:00Z"), Event.event("m2", "max", "3"),
                    Event.event("l1", "latest", "5", at: "2026-01-31T09:30:00Z"), Event.event("l2", "latest", "9"),
                    Event.event("u1", "unique", value: "ann"), Event.event("u2", "unique", value: "bob"),
                    Event.event("u3", "unique", at: "2026-01-15T00:00:00Z", value: "ann"),
                    Event.event("s1", "sum", "100", tenant: TestService.tenantB),
                ]
                let stored = try await service.send("POST", "/usage-events", ["events": .array(batch)])
                #expect(stored.status == 200 && stored.json == ["stored": 12, "repeated": 0], "\(stored.text)")
                let again = try await service.send("POST", "/usage-events", ["events": .array(batch)])
                #expect(again.json == ["stored": 0, "repeated": 12], "\(again.text)")
                let month = try await service.usage("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
                #expect(month == ["count=2", "latest=5", "max=7", "sum=3.5", "unique=2"])
                // The last day, and a quarter of an hour of it.
                let day = try await service.usage("2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z")
                #expect(day == ["count=1", "latest=5", "max=7", "sum=1.5", "unique=2"])
                let quarter = try await service.usage("2026-01-31T09:00:00Z", "2026-01-31T09:15:00Z")
                #expect(quarter == ["count=1", "latest=9", "max=7", "sum=1.5", "unique=2"])
                let days = try await service.send(
                    "GET",
                    "/usage?tenantId=\(TestService.tenantA)&meter=unique&every=day&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z"
                ).json["periods"]?.arrayValue
                #expect(days?.compactMap { $0["value"]?.stringValue } == ["1", "2"])
                // Users see their tenant's, and nobody else's.
                let user = try await service.token(tenant: TestService.tenantA)
                let period = "from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z"
                let own = try await service.send("GET", "/usage?\(period)", token: user)
                #expect(own.status == 200 && own.json["meters"]?.arrayValue?.count == 5, "\(own.text)")
                let foreign = try await service.send(
                    "GET", "/usage?\(period)&tenantId=\(TestService.tenantB)", token: user)
                #expect(foreign.status == 404)
                let texts = try await service.database.texts("SELECT e::text FROM main.usage_events AS e")
                #expect(!texts.contains { $0.contains("ann") })
            }
        }

        @Test func `of a request with wrong events nothing is stored, and each is named`() async throws {
            try await TestService.run { service in
                try await service.know(TestService.tenantA)
                try await service.meter("sum", "sum")
                try await service.meter("unique", "unique")
                typealias Event = TestService
                let refused = try await service.use(
                    Event.event("a", "sum", "1"), Event.event("a", "sum", "1"), Event.event("b", "nothing", "1"),
                    Event.event("c", "sum"), Event.event("d", "unique", "1", value: "x"),
                    Event.event("e", "sum", "1", at: "2026-01-31T10:06:00Z"),
                    Event.event("f", "sum", "1", at: "2025-12-20T00:00:00Z"),
                    Event.event("g", "sum", "1", tenant: Identifier.v4()), Event.event("reservation:h", "sum", "1"))
                #expect(refused.status == 422)
                #expect(
                    refused.violations == [
                        "/events/1/id: uniqueItems", "/events/2/meter: exists", "/events/3/quantity: required",
                        "/events/4/quantity: unexpected", "/events/5/at: future", "/events/6/at: tooOld",
                        "/events/7/tenantId: exists", "/events/8/id: reserved",
                    ], "\(refused.text)")
                for quantity in ["-1", "1e3", "", "1.0000000001"] {
                    let wrong = try await service.use(Event.event("q", "sum", quantity))
                    #expect(wrong.status == 422 && wrong.violations.contains("/events/0/quantity: pattern"))
                }
                #expect(try await service.use().violations == ["/events: minItems"])
                #expect(try await service.database.count("SELECT count(*) FROM main.usage_events") == 0)
                // The same id with other contents.
                #expect(try await service.use(Event.event("a", "sum", "1")).status == 200)
                let reused = try await service.use(Event.event("n", "sum", "5"), Event.event("a", "sum", "2"))
                #expect(reused.status == 409 && reused.violations == ["/events/1/id: reused"], "\(reused.text)")
                #expect(try await service.usage("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z") == ["sum=1"])
                for query in [
                    "from=2026-01-01T00:10:00Z&to=2026-02-01T00:00:00Z",
                    "from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z",
                    "from=2006-01-01T00:00:00Z&to=2026-02-01T00:00:00Z", "from=x&to=2026-02-01T00:00:00Z",
                    "from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&every=day",
                    "from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&meter=nothing",
                ] {
                    let answer = try await service.send("GET", "/usage?tenantId=\(TestService.tenantA)&\(query)")
                    #expect(answer.status == 400, "\(query): \(answer.text)")
                }
            }
        }

        @Test func `concurrent batches with the same events count each once`() async throws {
            try await TestService.run { service in
                try await service.know(TestService.tenantA)
                try await service.meter("sum")
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for sender in 0..<12 {
                        group.addTask {
                            // Each event is sent by three senders, in different orders.
                            let events = (0..<50).map { TestService.event("e\(sender % 4)-\($0)", "sum", "2") }
                            let response = try await service.send(
                                "POST", "/usage-events",
                                ["events": .array(sender % 2 == 0 ? events : events.reversed())])
                            #expect(response.status == 200, "\(response.text)")
                            return response.json["stored"]?.intValue ?? 0
                        }
                    }
                    var stored = 0
                    for try await count in group { stored += count }
                    #expect(stored == 200)
                }
                #expect(try await service.usage("2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z") == ["sum=400"])
                let kept = try await service.database.texts(
                    "SELECT DISTINCT events || ' ' || total FROM main.usage_rollups")
                #expect(kept == ["200 400"])
            }
        }

        @Test func `what was billed never changes, and late events are billed afterwards`() async throws {
            try await TestService.run { service in
                try await service.know(TestService.tenantA)
                try await service.meter("calls")
                try await service.meter("users", "unique")
                let plan = try await service.plan()
                var subscriptions: [Identifier] = []
                for _ in 0..<2 {
                    let subscribed = try await service.send(
                        "POST", "/subscriptions",
                        ["subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 1])
                    let id = try #require(subscribed.json["id"]?.stringValue, "\(subscribed.text)")
                    subscriptions.append(try #require(Identifier(id)))
                }
                let instant = { (text: String) in Timestamp(iso8601: text) ?? Timestamp(seconds: 0) }
                let (start, middle) = (instant("2026-01-01T00:00:00Z"), instant("2026-01-20T00:00:00Z"))
                let end = instant("2026-02-01T00:00:00Z")
                try await service.database.withPool { pool in
                    let usage = BilledUsage(pool: pool)
                    func run(_ statement: BoundStatement) async throws {
                        _ = try await pool.query(statement, settings: TenantScope.everyTenant)
                    }
                    func billed(
                        _ meter: String, _ from: Timestamp, _ to: Timestamp, _ grain: BilledUsage.Grain = .quarterHour
                    ) async throws -> [String] {
                        try await usage.usage(
                            of: subscriptions[0], meter: meter, from: from, to: to, grain: grain
                        ).map { "\($0.at.description.prefix(16)) \($0.quantity)" }
                    }
                    // The second one does not get what the first one bills.
                    for id in subscriptions {
                        try await run(BilledUsage.open(id, meters: ["calls", "users"], counted: [], from: start))
                    }
                    typealias Event = TestService
                    let first = try await service.use(
                        Event.event("1", "calls", "5", at: "2026-01-10T10:00:00Z"),
                        Event.event("2", "calls", "1", at: "2026-01-10T10:14:59Z"),
                        Event.event("3", "calls", "2", at: "2026-01-10T13:30:00Z"),
                        Event.event("4", "users", at: "2026-01-10T13:30:00Z", value: "ann"))
                    #expect(first.status == 200, "\(first.text)")
                    let before = try await billed("calls", start, middle)
                    #expect(before == ["2026-01-10T10:00 6", "2026-01-10T13:30 2"])
                    // 13:30 is the next day in Lord Howe, at UTC+11 in summer.
                    let days = try await billed("calls", start, middle, .day(timeZone: "Australia/Lord_Howe"))
                    #expect(days == ["2026-01-09T13:00 6", "2026-01-10T13:00 2"])
                    let events = try await billed("calls", start, middle, .event)
                    #expect(events == ["2026-01-10T10:00 5", "2026-01-10T10:14 1", "2026-01-10T13:30 2"])
                    #expect(try await billed("users", start, middle) == ["2026-01-01T00:00 1"])
                    try await run(BilledUsage.close(subscriptions[0], through: middle))
                    _ = try await service.use(
                        Event.event("5", "calls", "100", at: "2026-01-10T10:00:00Z"),
                        Event.event("6", "calls", "1", at: "2026-01-25T10:00:00Z"))
                    #expect(try await billed("calls", start, middle) == before)
                    #expect(try await billed("calls", middle, end) == ["2026-01-20T00:00 100", "2026-01-25T10:00 1"])
                    // What was used is shown when it was used.
                    let shown = try await service.usage("2026-01-10T00:00:00Z", "2026-01-11T00:00:00Z", "&meter=calls")
                    #expect(shown == ["calls=108"])
                    let other = try await usage.usage(of: subscriptions[1], meter: "calls", from: start, to: end)
                    #expect(other.isEmpty)
                }
            }
        }

        @Test func `old events and reservations are removed, and the sums stay`() async throws {
            try await TestService.run { service in
                try await service.know(TestService.tenantA)
                try await service.meter("sum")
                _ = try await service.use(TestService.event("1", "sum", "5"))
                try await service.database.query(
                    """
                    INSERT INTO main.usage_reservations (id, tenant_id, meter_id, feature_key, quantity, created_on, expires_on)
                    SELECT gen_random_uuid(), $1, id, 'calls', 1, now, now FROM main.meters, (VALUES
                        ($2::timestamptz), ($2::timestamptz + interval '2 days')) AS made (now)
                    """, [.identifier(TestService.tenantA), .timestamp(service.clock.now())])
                try await purge(service)
                #expect(try await service.database.count("SELECT count(*) FROM main.usage_events") == 0)
                #expect(try await service.database.count("SELECT count(*) FROM main.usage_reservations") == 1)
                #expect(try await service.usage("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z") == ["sum=5"])
            }
        }

        /// Removes what is older than 90 days, on the 91st day.
        private func purge(_ service: TestService) async throws {
            let later = ManualClock(service.clock.now().adding(.seconds(91 * 86_400)))
            try await service.database.withPool(user: service.database.template.runtimeRole) { pool in
                let retention = UsageRetention(
                    pool: pool, retention: .seconds(90 * 86_400), clock: later, logger: testLogger)
                await retention.purge()
            }
        }

        @Test func `events that a price of events has not billed yet are kept until it has`() async throws {
            try await TestService.run { service in
                let database = service.database
                try await service.know(TestService.tenantA)
                for meter in ["payments", "calls"] { try await service.meter(meter) }
                let subscription = try #require(
                    Identifier(try await service.subscription(to: try await service.plan(), status: 1)))
                func run(_ statement: BoundStatement) async throws {
                    try await database.withPool { pool in
                        _ = try await pool.query(statement, settings: TenantScope.everyTenant)
                    }
                }
                try await run(
                    BilledUsage.open(
                        subscription, meters: ["payments", "calls"], counted: ["payments"],
                        from: try #require(Timestamp(iso8601: "2026-01-01T00:00:00Z"))))
                let used = try await service.use(
                    TestService.event("1", "payments", "5"), TestService.event("2", "calls", "5"))
                #expect(used.status == 200, "\(used.text)")
                try await purge(service)
                #expect(try await database.texts("SELECT event_id FROM main.usage_events") == ["1"])
                try await run(
                    BilledUsage.close(
                        subscription, through: try #require(Timestamp(iso8601: "2027-01-01T00:00:00Z"))))
                try await purge(service)
                #expect(try await database.count("SELECT count(*) FROM main.usage_events") == 0)
            }
        }
    }
}
