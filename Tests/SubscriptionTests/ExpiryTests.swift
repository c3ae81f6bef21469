import JSONCoding
import PostgresClient
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

        @Test func soonIsWithinSevenDays() async throws {
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

        @Test func expiredLooksBackAndChangesNothing() async throws {
            try await TestService.run(at: "2026-03-10T12:00:00.000Z") { service in
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

        @Test func datesOfTheOriginalThatAreNoneAreLeftOut() async throws {
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
