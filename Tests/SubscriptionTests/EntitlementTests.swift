import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import Subscription

extension TestService {
    /// Gives a feature a value for the first tenant.
    func override(_ feature: String, _ value: String) async throws {
        let response = try await send(
            "POST", "/feature-values",
            [
                "featureKey": .string(feature), "strategyKey": "Tenant",
                "strategyEntityId": .identifier(Self.tenantA), "value": .string(value),
            ])
        try #require(response.status == 201, "\(response.text)")
    }

    /// A feature that limits the meter of the same key, with a value for the first tenant.
    func limited(_ key: String, to limit: String, _ members: JSONObject = [:]) async throws {
        _ = try await feature(key)
        var all = members
        all["featureKey"] = .string(key)
        try await meter(key, "sum", all)
        try await override(key, limit)
    }

    static let entitlements = "/entitlements/\(tenantA)"

    func reserve(_ feature: String, _ quantity: String, _ members: JSONObject = [:]) async throws -> TestResponse {
        var body: JSONObject = ["feature": .string(feature), "quantity": .string(quantity)]
        for (name, value) in members { body[name] = value }
        return try await send("POST", "\(Self.entitlements)/reserve", .object(body))
    }

    /// The only feature that is asked for.
    func entitlement(_ feature: String) async throws -> JSONValue {
        let response = try await send("GET", "\(Self.entitlements)?feature=\(feature)")
        try #require(response.status == 200, "\(response.text)")
        return response.json["features"]?[0] ?? .null
    }

    /// `used/reserved/left` of a metered feature.
    func amounts(_ feature: String) async throws -> String {
        let usage = try await entitlement(feature)["usage"]
        return ["used", "reserved", "left"].map { usage?[$0]?.stringValue ?? "-" }.joined(separator: "/")
    }
}

extension ServiceTests {
    @Suite struct Entitlements {
        @Test func `a tenant sees each feature with its value and the reason`() async throws {
            try await TestService.run { service in
                for key in ["calls", "sso", "support"] { _ = try await service.feature(key) }
                try await service.meter("calls", "sum", ["featureKey": "calls", "limitPeriod": "day"])
                _ = try await service.send(
                    "POST", "/plan-sizes", ["size": "XL", "config": ["features": ["sso": true]]])
                let plan = try await service.plan(size: "XL")
                #expect(
                    try await service.send(
                        "POST", "/plans/\(plan)/features", [["featureKey": "calls", "value": "100"]]
                    ).status == 201)
                let subscribed = try await service.send(
                    "POST", "/subscriptions",
                    ["subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 1])
                #expect(subscribed.status == 201, "\(subscribed.text)")
                #expect(try await service.use(TestService.event("1", "calls", "40.5")).status == 200)
                let user = try await service.token(tenant: TestService.tenantA)
                let shown = try await service.send("GET", TestService.entitlements, token: user)
                #expect(shown.status == 200, "\(shown.text)")
                let features = shown.json["features"]?.arrayValue ?? []
                #expect(features.compactMap { $0["feature"]?.stringValue } == ["calls", "sso", "support"])
                #expect(features.map { $0["isOn"] } == [true, true, false])
                let sources = features.compactMap { $0["reason"]?["source"]?.stringValue }
                #expect(sources == ["plan", "size", "default"])
                #expect(features[0]["reason"]?["planId"]?.stringValue == plan)
                #expect(features[0]["reason"]?["subscriptionId"] == subscribed.json["id"])
                #expect(features[1]["reason"]?["text"] == "The size XL of the plan Premium has this value.")
                let usage = try #require(features[0]["usage"])
                #expect(usage["limit"] == "100" && usage["used"] == "40.5" && usage["left"] == "59.5")
                #expect(usage["from"] == "2026-01-31T00:00:00.000Z" && usage["to"] == "2026-02-01T00:00:00.000Z")
                #expect(features[1]["usage"] == nil)
                try await service.override("calls", "50")
                #expect(try await service.entitlement("calls")["reason"]?["source"] == "override")
                #expect(try await service.amounts("calls") == "40.5/0/9.5")
                // The next day has its own limit.
                service.clock.advance(by: .seconds(86_400))
                #expect(try await service.amounts("calls") == "0/0/50")
                try await service.database.query(
                    """
                    INSERT INTO main.known_tenants (tenant_id, is_blocked, tenant_version, changed_on)
                    VALUES ($1, true, 1, now())
                    """, [.identifier(TestService.tenantA)])
                let suspended = try await service.entitlement("calls")
                #expect(suspended["isOn"] == false && suspended["reason"]?["source"] == "suspension")
                #expect(suspended["usage"]?["limit"] == "0")
                #expect(try await service.send("GET", "\(TestService.entitlements)?feature=no").status == 400)
                #expect(try await service.send("GET", "/entitlements/\(Identifier.v4())").status == 404)
                let other = try await service.token(tenant: TestService.tenantB)
                #expect(try await service.send("GET", TestService.entitlements, token: other).status == 404)
            }
        }

        @Test
        func `what renews keeps its features from the end of a period to the renewal, and a term to its last hour`()
            async throws
        {
            // In Denver, a day ends seven hours after the one in UTC. Nothing is due in the time of the database yet.
            try await TestService.run(at: "2037-01-31T18:00:00.000Z") { service in
                _ = try await service.feature("sso")
                _ = try await service.send(
                    "POST", "/plan-sizes", ["size": "XL", "config": ["features": ["sso": true]]])
                let plan = try await service.plan(size: "XL")
                for tenant in [TestService.tenantA, TestService.tenantB] {
                    var body: JSONObject = [
                        "subscriberId": .identifier(tenant), "planId": .string(plan), "status": 1,
                        "timeZone": "America/Denver",
                    ]
                    if tenant == TestService.tenantB { body["term"] = ["periods": 1] }
                    let subscribed = try await service.send("POST", "/subscriptions", .object(body))
                    #expect(subscribed.json["endDate"] == "2037-02-28", "\(subscribed.text)")
                }
                service.clock.set(try #require(Timestamp(iso8601: "2037-02-28T05:00:00.000Z")))
                for tenant in [TestService.tenantA, TestService.tenantB] {
                    let shown = try await service.send("GET", "/entitlements/\(tenant)?feature=sso")
                    #expect(shown.json["features"]?[0]?["isOn"] == true, "\(shown.text)")
                }
            }
        }

        @Test func `64 concurrent callers never reserve more than the limit`() async throws {
            try await TestService.run { service in
                try await service.limited("calls", to: "50")
                #expect(try await service.use(TestService.event("1", "calls", "9.5")).status == 200)
                let granted = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<64 {
                        group.addTask {
                            let response = try await service.reserve("calls", "1.5")
                            #expect([200, 409].contains(response.status), "\(response.text)")
                            if response.status == 409 { #expect(response.text.contains("LIMIT_EXCEEDED")) }
                            guard response.status == 200 else { return false }
                            // Every second one is used at once, which must not make room.
                            let id = response.json["id"]?.stringValue ?? ""
                            if Bool.random() {
                                let used = try await service.send(
                                    "POST", "\(TestService.entitlements)/reservations/\(id)/commit", [:])
                                #expect(used.status == 200, "\(used.text)")
                            }
                            return true
                        }
                    }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(granted == 27)
                let usage = try await service.entitlement("calls")["usage"]
                #expect(usage?["left"] == "0" && usage?["limit"] == "50")
                #expect(try await service.reserve("calls", "0.5").status == 409)
            }
        }

        @Test func `reservations are used, released or expire, and each of it happens once`() async throws {
            try await TestService.run { service in
                try await service.limited("calls", to: "10")
                func reserve(_ quantity: String) async throws -> String {
                    let response = try await service.reserve("calls", quantity, ["ttlSeconds": 30])
                    try #require(response.status == 200, "\(response.text)")
                    return "\(TestService.entitlements)/reservations/\(response.json["id"]?.stringValue ?? "")"
                }
                let (first, second, third) = (try await reserve("4"), try await reserve("3"), try await reserve("3"))
                #expect(try await service.amounts("calls") == "0/10/0")
                for _ in 0..<2 {
                    let used = try await service.send("POST", "\(first)/commit", ["quantity": "2.50"])
                    #expect(used.status == 200 && used.json["used"] == "2.5", "\(used.text)")
                    #expect(try await service.send("POST", "\(second)/release").status == 204)
                }
                #expect(try await service.amounts("calls") == "2.5/3/4.5")
                let other = try await service.send("POST", "\(first)/commit", ["quantity": "3"])
                #expect(other.status == 409 && other.text.contains("RESERVATION_USED"), "\(other.text)")
                #expect(try await service.send("POST", "\(first)/release").status == 409)
                let released = try await service.send("POST", "\(second)/commit", [:])
                #expect(released.status == 409 && released.text.contains("RESERVATION_RELEASED"))
                let more = try await service.send("POST", "\(third)/commit", ["quantity": "3.1"])
                #expect(more.status == 422 && more.violations == ["/quantity: quantity"], "\(more.text)")
                service.clock.advance(by: .seconds(30))
                #expect(try await service.amounts("calls") == "2.5/0/7.5")
                let late = try await service.send("POST", "\(third)/commit", [:])
                #expect(late.status == 409 && late.text.contains("RESERVATION_EXPIRED"), "\(late.text)")
                #expect(try await service.send("POST", "\(third)/release").status == 204)
                // What has expired is somebody else's, also for a node whose clock is behind.
                _ = try await reserve("7.5")
                service.clock.set(service.clock.now().adding(.seconds(-10)))
                #expect(try await service.send("POST", "\(third)/commit", [:]).status == 409)
                service.clock.advance(by: .seconds(10))
                #expect(try await service.amounts("calls") == "2.5/7.5/0")
                #expect(try await service.usage("2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z") == ["calls=2.5"])
                let stranger = first.replacing(TestService.tenantA.description, with: TestService.tenantB.description)
                #expect(try await service.send("POST", "\(stranger)/commit", [:]).status == 404)
                let user = try await service.token(tenant: TestService.tenantA)
                #expect(try await service.send("POST", "\(third)/release", token: user).status == 403)
            }
        }

        @Test func `what has no limit is granted, and what cannot be reserved is refused with the field`() async throws
        {
            try await TestService.run { service in
                try await service.limited("calls", to: "unlimited")
                try await service.limited("soft", to: "5", ["allowsOverage": true])
                _ = try await service.feature("sso")
                _ = try await service.feature("peak")
                try await service.meter("peak", "max", ["featureKey": "peak"])
                #expect(try await service.reserve("calls", "1000000").status == 200)
                let over = try await service.reserve("soft", "7")
                #expect(over.status == 200 && over.json["usage"]?["left"] == "0", "\(over.text)")
                for (feature, quantity, violation) in [
                    ("nothing", "1", "/feature: exists"), ("sso", "1", "/feature: metered"),
                    ("peak", "1", "/feature: metered"), ("calls", "0.00", "/quantity: quantity"),
                    ("calls", "-1", "/quantity: pattern"),
                ] {
                    let refused = try await service.reserve(feature, quantity)
                    #expect(refused.status == 422 && refused.violations.contains(violation), "\(refused.text)")
                }
                #expect(
                    try await service.reserve("calls", "1", ["ttlSeconds": 3601]).violations == ["/ttlSeconds: maximum"]
                )
                // A key is its caller's.
                let token = try await service.token()
                let key = ["idempotency-key": Identifier.v4().description]
                let body: JSONValue = ["feature": "calls", "quantity": "1"]
                let answers = [
                    try await service.send(
                        "POST", "\(TestService.entitlements)/reserve", body, token: token, headers: key),
                    try await service.send(
                        "POST", "\(TestService.entitlements)/reserve", body, token: token, headers: key),
                ]
                #expect(answers[0].status == 200 && answers[0].text == answers[1].text)
            }
        }
    }
}
