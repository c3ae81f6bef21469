import ConfigurationChecks
import Entities
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import Testing

@testable import Subscription

extension ServiceTests {
    @Suite struct Expiry {
        /// Subscriptions of the given status and end, by their end.
        private func subscriptions(
            _ service: TestService, _ ends: [(end: String, status: Int)]
        ) async throws -> [String] {
            let plan = try await service.plan()
            var ids: [String] = []
            for (end, status) in ends {
                let id = try await service.subscription(to: plan)
                let changed = try await service.send(
                    "PATCH", "/subscriptions/\(id)",
                    ["startDate": "2025-01-01", "endDate": .string(end), "status": .integer(status)])
                try #require(changed.status == 204)
                ids.append(id)
            }
            return ids
        }

        @Test func `subscriptions that end within seven days expire soon`() async throws {
            try await TestService.run(at: "2026-03-10T12:00:00.000Z") { service in
                let ids = try await subscriptions(
                    service,
                    [
                        ("2026-03-10", 1), ("2026-03-11", 1), ("2026-03-17", 1), ("2026-03-18", 1), ("2026-03-12", 0),
                        ("2026-03-12", 4),
                    ])
                let response = try await service.send("GET", "/subscriptions/expire-soon")
                #expect(
                    response.json == [
                        [
                            "id": .string(ids[1]), "daysRemainingToExpiry": 0,
                            "subscriberId": .identifier(TestService.tenantA),
                        ],
                        [
                            "id": .string(ids[2]), "daysRemainingToExpiry": 6,
                            "subscriberId": .identifier(TestService.tenantA),
                        ],
                    ])
                let other = try await service.token(tenant: TestService.tenantB)
                #expect(try await service.send("GET", "/subscriptions/expire-soon", token: other).json == [])
                // Exactly seven days away is not within seven days.
                service.clock.set(try #require(Timestamp(iso8601: "2026-03-10T00:00:00.000Z")))
                let token = try await service.token()
                let atMidnight = try await service.send("GET", "/subscriptions/expire-soon", token: token)
                #expect(atMidnight.json.arrayValue?.compactMap { $0["id"]?.stringValue } == [ids[1]])
            }
        }

        @Test func `the list of expired subscriptions looks back and changes nothing`() async throws {
            try await TestService.run(
                at: "2026-03-10T12:00:00.000Z", environment: ["SUBSCRIPTION_EXPIRY_INTERVAL_SECONDS": "0"]
            ) { service in
                let ids = try await subscriptions(
                    service,
                    [
                        ("2026-03-01", 1), ("2026-03-09", 1), ("2026-03-10", 1), ("2026-03-11", 1), ("2026-03-08", 4),
                        ("2026-03-09", 3),
                    ])
                func expired(_ query: String = "", header: String? = nil) async throws -> Set<String> {
                    let response = try await service.send(
                        "GET", "/subscriptions/expired\(query)", headers: header.map { ["days": $0] } ?? [:])
                    #expect(response.status == 200, "\(response.text)")
                    return Set(response.json.arrayValue?.compactMap { $0["subscriptionId"]?.stringValue } ?? [])
                }
                #expect(try await expired() == [])
                #expect(try await expired("?days=0") == [])
                #expect(try await expired("?days=1") == [ids[2]])
                #expect(try await expired(header: "3") == [ids[1], ids[2], ids[4]])
                #expect(try await expired("?days=1", header: "3") == [ids[1], ids[2], ids[4]])
                #expect(try await expired("?days=999999999999999999999") == [ids[0], ids[1], ids[2], ids[4]])
                #expect(
                    try await service.database.count("SELECT count(*) FROM main.subscriptions WHERE status = 4") == 1)
                for text in ["-1", "x", "1.5", "%22%22", "null"] {
                    let response = try await service.send("GET", "/subscriptions/expired?days=\(text)")
                    #expect(response.status == 400, "\(text)")
                    #expect(response.message.contains("days"))
                }
                #expect(
                    try await service.send("GET", "/subscriptions/expired", headers: ["days": "soon"]).status == 400)
                let other = try await service.token(tenant: TestService.tenantB)
                #expect(try await service.send("GET", "/subscriptions/expired?days=99", token: other).json == [])
            }
        }

        private func expiry(_ service: TestService, _ pool: PostgresPool) throws -> SubscriptionExpiry {
            let rows = EntityRepository(
                pool: pool, entity: TenantSubscription.entity, catalog: try SubscriptionCatalog.make(),
                clock: service.clock)
            return SubscriptionExpiry(
                subscriptions: SubscriptionRepository(entities: rows),
                system: SystemUser(identifier: Self.system).scope, interval: .seconds(3600), clock: service.clock,
                logger: testLogger)
        }

        private static let system = Identifier.v4()

        @Test func `subscriptions that are over become expired`() async throws {
            try await TestService.run(
                at: "2026-03-10T12:00:00.000Z", environment: ["SUBSCRIPTION_EXPIRY_INTERVAL_SECONDS": "0"]
            ) { service in
                let ids = try await subscriptions(
                    service,
                    [
                        ("2026-03-09", 1), ("2026-03-10", 1), ("2026-03-11", 1), ("2026-03-01", 0), ("2026-03-01", 3),
                        ("2026-03-01", 1), ("2026-03-01", 1),
                    ])
                #expect(try await service.send("DELETE", "/subscriptions/\(ids[5])").status == 204)
                // Rows of the original that break a check must not hold up the others.
                try await service.database.query(
                    "ALTER TABLE main.subscriptions DROP CONSTRAINT subscriptions_dates_ordered")
                try await service.database.query(
                    "UPDATE main.subscriptions SET start_date = '2026-04-01' WHERE id::text = $1", [.text(ids[6])])
                try await service.database.query(
                    """
                    ALTER TABLE main.subscriptions ADD CONSTRAINT subscriptions_dates_ordered
                        CHECK (end_date >= start_date) NOT VALID
                    """)
                func expired() async throws -> JSONValue {
                    try await service.send("GET", "/subscriptions/expired?days=3").json
                }
                let before = try await expired()
                let version = try await service.send("GET", "/subscriptions/\(ids[0])").json["modifiedOn"]

                let pool = PostgresPool(
                    configuration: service.database.configuration(), logger: testLogger)
                let job = try expiry(service, pool)
                async let one = job.expire()
                async let another = job.expire()
                let total = try await one + another
                #expect(total == 2)
                #expect(try await job.expire() == 0)
                var statuses: [JSONValue?] = []
                for id in ids where id != ids[5] {
                    statuses.append(try await service.send("GET", "/subscriptions/\(id)").json["status"])
                }
                #expect(statuses == [4, 4, 1, 0, 3, 1])
                let row = try await service.send("GET", "/subscriptions/\(ids[0])").json
                #expect(row["modifiedBy"] == .identifier(Self.system))
                #expect(row["modifiedOn"] != version)
                #expect(try await expired() == before)
                #expect(before.arrayValue?.count == 2)
                service.clock.set(try #require(Timestamp(iso8601: "2026-03-11T00:00:00.000Z")))
                #expect(try await job.expire() == 1)
                await pool.shutdown()
            }
        }

        @Test func `the service expires subscriptions by itself`() async throws {
            try await TestService.run(
                at: "2026-03-10T12:00:00.000Z", environment: ["SUBSCRIPTION_EXPIRY_INTERVAL_SECONDS": "1"]
            ) { service in
                let ids = try await subscriptions(service, [("2026-03-10", 1)])
                try await eventually("it is expired") {
                    try await service.send("GET", "/subscriptions/\(ids[0])").json["status"] == 4
                }
            }
        }

        @Test func `subscriptions that are over do not count toward the quota`() async throws {
            try await TestService.run(
                at: "2026-03-10T12:00:00.000Z",
                environment: ["SUBSCRIPTION_EXPIRY_INTERVAL_SECONDS": "0", "SUBSCRIPTION_QUOTA": "1"]
            ) { service in
                let plan = try await service.plan()
                let old = try await service.subscription(to: plan, status: 1)
                #expect(try await service.subscribe(to: plan).status == 409)
                #expect(
                    try await service.send("PATCH", "/subscriptions/\(old)", ["endDate": "2026-03-10"]).status == 204)
                let new = try await service.subscription(to: plan, status: 1)
                // It comes back to life by a later end, if there is a place.
                let longer: JSONValue = ["endDate": "2026-05-01"]
                #expect(try await service.send("PATCH", "/subscriptions/\(old)", longer).status == 409)
                #expect(try await service.send("DELETE", "/subscriptions/\(old)").status == 204)
                #expect(try await service.send("POST", "/subscriptions/\(old)/restore").status == 200)
                #expect(try await service.send("PATCH", "/subscriptions/\(new)", ["status": 3]).status == 204)
                #expect(try await service.send("PATCH", "/subscriptions/\(old)", longer).status == 204)
                #expect(try await service.subscribe(to: plan).status == 409)
            }
        }

        @Test(arguments: ["-1", "86401", "often"])
        func `an invalid interval prevents startup`(value: String) async throws {
            let reader = try EnvironmentReader.make(
                folder: "/nonexistent",
                environment: ["SUBSCRIPTION_EXPIRY_INTERVAL_SECONDS": value])
            #expect(throws: ConfigurationFailure.self) { try SubscriptionConfiguration(reader: reader) }
        }

        @Test func `the original's filter is ignored`() async throws {
            try await TestService.run { service in
                for path in ["expire-soon", "expired"] {
                    let response = try await service.send("GET", "/subscriptions/\(path)?filter=x")
                    #expect(response.status == 200, "\(response.text)")
                }
            }
        }

        @Test func `invalid dates of the original are left out`() async throws {
            try await TestService.run(at: "2026-03-10T12:00:00.000Z") { service in
                let ids = try await subscriptions(service, [("2026-03-12", 1)])
                try await service.database.query(
                    "ALTER TABLE main.subscriptions DROP CONSTRAINT subscriptions_dates_ordered")
                try await service.database.query(
                    "UPDATE main.subscriptions SET end_date = '2026-03-1x' WHERE id::text = $1", [.text(ids[0])])
                let response = try await service.send("GET", "/subscriptions/expire-soon")
                #expect(response.status == 200)
                #expect(response.json == [])
            }
        }
    }
}
