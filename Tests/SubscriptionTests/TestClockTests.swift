import ConfigurationChecks
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

@testable import Subscription

extension ServiceTests {
    /// The time of tenants that do not live on the real one.
    @Suite struct TestClocks {
        private static let enabled = ["TEST_CLOCKS": "true", "ARC_ENV": "test"]

        private static func body(_ tenant: Identifier, _ now: String) -> JSONValue {
            ["tenantId": .identifier(tenant), "name": "Two years", "now": .string(now)]
        }

        /// What SQL says of the time of a tenant, in whole seconds; nil for the real time.
        private static func stored(_ tenant: Identifier, _ service: TestService) async throws -> String? {
            try await service.database.texts(
                """
                SELECT to_char(main.tenant_now($1::uuid) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
                WHERE main.tenant_now($1::uuid) <> now()
                """, [.text(tenant.description)]
            ).first
        }

        @Test func `a clock moves the time of its tenant, and never back`() async throws {
            try await TestService.run(environment: Self.enabled) { service in
                let tenant = TestService.tenantA
                let created = try await service.send(
                    "POST", "/test-clocks", Self.body(tenant, "2026-01-31T09:00:00.000Z"))
                #expect(created.status == 201, "\(created.text)")
                let id = try #require(created.json["id"]?.stringValue)
                let path = "/test-clocks/\(id)"
                #expect(created.location == path && created.json["now"] == "2026-01-31T09:00:00.000Z")
                #expect(try await Self.stored(tenant, service) == "2026-01-31T09:00:00")
                #expect(try await Self.stored(TestService.tenantB, service) == nil, "others are untouched")
                let second = try await service.send(
                    "POST", "/test-clocks", Self.body(tenant, "2027-01-31T09:00:00.000Z"))
                #expect(second.status == 409)

                func advance(_ now: JSONValue) async throws -> TestResponse {
                    try await service.send("POST", "\(path)/advance", ["now": now])
                }
                let later = try await advance("2026-02-28T09:00:00.000Z")
                #expect(later.status == 200 && later.json["now"] == "2026-02-28T09:00:00.000Z", "\(later.text)")
                #expect(try await advance("2026-02-28T09:00:00.000Z").status == 200, "it shows that already")
                for (now, code) in [
                    ("2026-02-28T08:59:59.999Z", "order"), ("2036-12-31T00:00:00Z", "range"),
                    ("2200-01-01T00:00:00Z", "range"), ("1999-12-31T23:59:59Z", "range"),
                ] {
                    let refused = try await advance(.string(now))
                    #expect(refused.status == 422 && refused.violations == ["/now: \(code)"], "\(now): \(refused.text)")
                }
                #expect(try await service.send("GET", path).json["now"] == "2026-02-28T09:00:00.000Z")
                #expect(try await Self.stored(tenant, service) == "2026-02-28T09:00:00")
                // Also what the billing engine does not bill begins on that day.
                let subscribed = try await service.subscribe(tenant, to: try await service.plan())
                #expect(subscribed.json["startDate"] == "2026-02-28", "\(subscribed.text)")
                let list = try await service.send(
                    "GET", "/test-clocks?filter={\"where\":{\"tenantId\":\"\(tenant)\"}}".escaped)
                #expect(list.json.arrayValue?.count == 1)

                // Its tenant's time stands still then, and a new clock goes on from there.
                #expect(try await service.send("DELETE", path).status == 204)
                #expect(try await service.send("GET", path).status == 404)
                #expect(try await advance("2026-03-01T00:00:00Z").status == 404)
                #expect(try await Self.stored(tenant, service) == "2026-02-28T09:00:00")
                let earlier = try await service.send(
                    "POST", "/test-clocks", Self.body(tenant, "2026-02-01T00:00:00Z"))
                #expect(earlier.status == 422 && earlier.violations == ["/now: order"], "\(earlier.text)")
                let again = try await service.send("POST", "/test-clocks", Self.body(tenant, "2026-03-01T00:00:00Z"))
                #expect(again.status == 201, "\(again.text)")
                #expect(try await Self.stored(tenant, service) == "2026-03-01T00:00:00")
            }
        }

        @Test func `a tenant with subscriptions on the real time gets no clock, and nobody else than operators does`()
            async throws
        {
            try await TestService.run(environment: Self.enabled) { service in
                let plan = try await service.plan()
                _ = try await service.subscription(TestService.tenantA, to: plan)
                let refused = try await service.send(
                    "POST", "/test-clocks", Self.body(TestService.tenantA, "2026-01-31T09:00:00.000Z"))
                #expect(
                    refused.status == 409 && refused.json["error"]?["code"] == "TEST_CLOCK_SUBSCRIPTIONS",
                    "\(refused.text)")
                let token = try await service.token(tenant: TestService.tenantB)
                let own = try await service.send(
                    "POST", "/test-clocks", Self.body(TestService.tenantB, "2026-01-31T09:00:00.000Z"), token: token)
                #expect(own.status == 403)
                #expect(try await service.send("GET", "/test-clocks/count").json["count"] == 0)
            }
        }

        @Test func `there are no clocks unless they are switched on, and never in production`() async throws {
            try await TestService.run { service in
                for (method, path, body) in [
                    ("POST", "/test-clocks", Self.body(TestService.tenantA, "2026-01-31T09:00:00.000Z")),
                    ("GET", "/test-clocks", nil),
                    ("DELETE", "/test-clocks/\(Identifier.v4())", nil),
                ] as [(String, String, JSONValue?)] {
                    let answer = try await service.send(method, path, body)
                    #expect(
                        answer.status == 422 && answer.json["error"]?["code"] == "TEST_CLOCKS_DISABLED",
                        "\(method) \(path): \(answer.text)")
                }
            }
            for name in ["production", "prod", ""] {
                let reader = try EnvironmentReader.make(
                    folder: "/nonexistent", environment: ["TEST_CLOCKS": "true", "ARC_ENV": name])
                #expect(throws: ConfigurationFailure.self) { try TestClockConfiguration(reader: reader) }
            }
        }
    }
}
