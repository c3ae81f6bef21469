import Entities
import JSONCoding
import MessageBus
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import Subscription

/// Which thresholds are reached.
@Suite struct UsageThresholdTests {
    @Test func `a threshold is reached when its part of the limit is used, exactly`() {
        func reached(_ used: String, _ limit: String?) -> [Int] {
            UsageThresholds.reached([100, 80, 33], used: used, limit: limit)
        }
        #expect(reached("0", "10") == [] && reached("3.29", "10") == [] && reached("3.3", "10") == [33])
        #expect(reached("7.999999999", "10") == [33] && reached("8", "10") == [33, 80])
        #expect(reached("12", "10") == [33, 80, 100] && reached("12", nil) == [])
        #expect(reached("1", "0") == [33, 80, 100] && reached("0", "0") == [])
    }
}

extension ServiceTests {
    @Suite struct UsageAlerts {
        @Test func `each threshold is published once in a period, whoever reports at the same time`() async throws {
            try await TestService.run { service in
                try await service.limited("calls", to: "100", ["alertThresholds": [50, 90], "limitPeriod": "day"])
                func published() async throws -> [String] {
                    let rows = try await service.database.texts(
                        """
                        SELECT data::text FROM main.outbox WHERE type = 'USAGE_THRESHOLD_REACHED'
                        ORDER BY position
                        """)
                    return try rows.map { row in
                        let data = try JSONValue.parse(Array(row.utf8))
                        #expect(UsageAlertEvent.reached.data.validate(data).isEmpty)
                        #expect(data["tenantId"]?.stringValue == TestService.tenantA.description)
                        return "\(data["from"]?.stringValue?.prefix(10) ?? "") \(data["threshold"]?.intValue ?? 0)"
                    }.sorted()
                }
                func settled() async throws {
                    try await eventually("the limit was looked at") {
                        try await service.database.count(
                            "SELECT count(*) FROM main.usage_checks WHERE due_at IS NOT NULL") == 0
                    }
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for sender in 0..<6 {
                        group.addTask {
                            let response = try await service.use(TestService.event("\(sender)", "calls", "10"))
                            #expect(response.status == 200, "\(response.text)")
                        }
                    }
                    try await group.waitForAll()
                }
                try await settled()
                #expect(try await published() == ["2026-01-31 50"])
                _ = try await service.use(TestService.event("more", "calls", "50"))
                try await settled()
                #expect(try await published() == ["2026-01-31 50", "2026-01-31 90"])
                service.clock.advance(by: .seconds(86_400))
                _ = try await service.use(TestService.event("next", "calls", "60", at: "2026-02-01T09:00:00Z"))
                try await settled()
                #expect(try await published() == ["2026-01-31 50", "2026-01-31 90", "2026-02-01 50"])
                // What was used at the end of a day is looked at a moment later, on the next one.
                service.clock.set(try #require(Timestamp(iso8601: "2026-02-02T00:00:01.000Z")))
                _ = try await service.use(TestService.event("last", "calls", "40", at: "2026-02-01T23:59:59Z"))
                try await settled()
                #expect(
                    try await published() == [
                        "2026-01-31 50", "2026-01-31 90", "2026-02-01 50", "2026-02-01 90",
                    ])
            }
        }
    }
}
