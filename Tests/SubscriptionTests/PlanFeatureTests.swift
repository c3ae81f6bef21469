import JSONCoding
import PostgresClient
import Primitives
import ServiceKit
import Testing

@testable import Subscription

extension TestService {
    /// Creates a feature and returns its id.
    func feature(_ key: String) async throws -> String {
        let response = try await send("POST", "/features", ["name": .string(key), "key": .string(key)])
        try #require(response.status == 201, "\(response.text)")
        return try #require(response.json["id"]?.stringValue)
    }
}

extension ServiceTests {
    @Suite struct PlanFeatures {
        @Test func `a plan shows all features and its own values`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan(size: "M")
                let (sso, seats) = (try await service.feature("sso"), try await service.feature("seats"))
                let path = "/plans/\(plan)/features"
                // By key and by id alike; the strategy is always this plan's.
                let added = try await service.send(
                    "POST", path,
                    [
                        ["featureKey": "sso", "value": "on", "strategyKey": "System"],
                        ["featureKey": .string(seats), "value": "25", "status": false],
                    ])
                #expect(added.status == 201 && added.location == path, "\(added.text)")
                #expect(added.json.arrayValue?.count == 2)
                for (item, feature) in zip(added.json.arrayValue ?? [], [sso, seats]) {
                    #expect(item["featureKey"]?.stringValue == feature && item["strategyKey"] == "Plan")
                    #expect(item["strategyEntityId"]?.stringValue == plan && item["createdOn"] != nil)
                }
                _ = try await service.feature("audit")
                let response = try await service.send("GET", path)
                #expect(response.status == 200, "\(response.text)")
                #expect(response.json["id"]?.stringValue == plan && response.json["tier"] == "PREMIUM")
                #expect(response.json["name"] == "Premium" && response.json["size"] == "M")
                let features = try #require(response.json["features"]?.arrayValue)
                #expect(features.compactMap { $0["key"]?.stringValue } == ["audit", "seats", "sso"])
                #expect(features[0]["value"] == nil && features[0]["createdOn"] == nil)
                #expect(features[1]["value"]?["value"] == "25" && features[1]["value"]?["status"] == false)
                #expect(features[1]["value"]?["featureKey"]?.stringValue == seats)
                #expect(features[2]["value"]?.objectValue?.count == 6)
                let tenant = try await service.token(tenant: TestService.tenantA)
                #expect(try await service.send("GET", path, token: tenant).json == response.json)
                #expect(
                    try await service.send("POST", path, [["featureKey": "audit"]], token: tenant).status == 403)
            }
        }

        @Test func `a value that the original stored under the key is found`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let sso = try await service.feature("sso")
                let stored = try await service.send(
                    "POST", "/feature-values",
                    [
                        "featureKey": "sso", "strategyKey": "Plan", "strategyEntityId": .string(plan), "value": "on",
                    ])
                #expect(stored.status == 201)
                let path = "/plans/\(plan)/features"
                let features = try await service.send("GET", path).json["features"]
                #expect(features?[0]?["value"]?["featureKey"]?.stringValue == sso)
                #expect(try await service.send("POST", path, [["featureKey": .string(sso)]]).status == 409)
            }
        }

        @Test func `all items are stored or none`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let path = "/plans/\(plan)/features"
                let sso = try await service.feature("sso")
                let cases: [(JSONValue, Int, String)] = [
                    ([["featureKey": "sso"], ["featureKey": "nothing"]], 404, "/1/featureKey: exists"),
                    (
                        [["featureKey": "sso"], ["featureKey": .identifier(.v4())]], 404,
                        "/1/featureKey: exists"
                    ),
                    (
                        [["featureKey": "sso"], ["featureKey": .string(sso)]], 422,
                        "/1/featureKey: uniqueItems"
                    ), ([["featureKey": "sso"], ["value": "x"]], 422, "/1: required"),
                    ([["featureKey": "sso", "value": 5]], 422, "/0/value: type"),
                    ([["featureKey": "sso", "color": "red"]], 422, "/0: additionalProperties"), ([], 422, ": minItems"),
                    (["featureKey": "sso"], 422, ": type"), ([1], 422, "/0: type"),
                ]
                for (body, status, violation) in cases {
                    let response = try await service.send("POST", path, body)
                    #expect(response.status == status && response.violations == [violation], "\(response.text)")
                }
                let missing = try await service.send(
                    "POST", "/plans/\(Identifier.v4())/features", [["featureKey": "sso"]])
                #expect(missing.status == 404)
                #expect(try await service.send("GET", "/feature-values/count").json["count"] == 0)
            }
        }

        @Test func `a feature has one value in a plan, however many requests are concurrent`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let path = "/plans/\(plan)/features"
                let keys: [String] = ["sso", try await service.feature("sso")]
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<12 {
                        group.addTask {
                            try await service.send("POST", path, [["featureKey": .string(keys[number % 2])]]).status
                        }
                    }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(statuses.count { $0 == 201 } == 1)
                #expect(statuses.count { $0 == 409 } == 11)
                #expect(try await service.send("GET", "/feature-values/count").json["count"] == 1)
            }
        }

        @Test func `changes apply to values of the plan only, all or none`() async throws {
            try await TestService.run { service in
                let (plan, other) = (try await service.plan(), try await service.plan())
                _ = try await service.feature("sso")
                let seats = try await service.feature("seats")
                func add(_ plan: String, _ key: String) async throws -> String {
                    let response = try await service.send(
                        "POST", "/plans/\(plan)/features", [["featureKey": .string(key), "value": "1"]])
                    return try #require(response.json[0]?["id"]?.stringValue, "\(response.text)")
                }
                let (own, foreign) = (try await add(plan, "sso"), try await add(other, "sso"))
                let path = "/plans/\(plan)/features"
                let changed = try await service.send(
                    "PATCH", path, [["id": .string(own), "value": "2", "strategyKey": "User"]])
                #expect(changed.status == 200 && changed.json[0]?["value"] == "2", "\(changed.text)")
                #expect(changed.json[0]?["strategyKey"] == "Plan")

                let refused = try await service.send(
                    "PATCH", path, [["id": .string(own), "value": "3"], ["id": .string(foreign), "value": "3"]])
                #expect(refused.status == 404 && refused.violations == ["/1/id: exists"], "\(refused.text)")
                #expect(refused.message.contains(foreign))
                let twice = try await service.send("PATCH", path, [["id": .string(own)], ["id": .string(own)]])
                #expect(twice.status == 422 && twice.violations == ["/1/id: uniqueItems"])
                let nameless = try await service.send("PATCH", path, [["value": "3"]])
                #expect(nameless.status == 422 && nameless.violations == ["/0: required"])
                #expect(
                    try await service.send("PATCH", "/plans/\(Identifier.v4())/features", [["id": .string(own)]])
                        .status == 404)
                #expect(try await service.send("GET", "/feature-values/\(own)").json["value"] == "2")
                #expect(try await service.send("GET", "/feature-values/\(foreign)").json["value"] == "1")

                let second = try await add(plan, seats)
                let doubled = try await service.send(
                    "PATCH", path, [["id": .string(own), "value": "4"], ["id": .string(second), "featureKey": "sso"]])
                #expect(doubled.status == 409, "\(doubled.text)")
                // Two that change places are no conflict.
                let swapped = try await service.send(
                    "PATCH", path,
                    [
                        ["id": .string(own), "featureKey": "seats"], ["id": .string(second), "featureKey": "sso"],
                    ])
                #expect(swapped.status == 200 && swapped.json[0]?["featureKey"]?.stringValue == seats)
                #expect(try await service.send("DELETE", "/plans/\(plan)").status == 204)
                #expect(try await service.send("PATCH", path, [["id": .string(own)]]).status == 404)
                #expect(try await service.send("GET", path).status == 404)
            }
        }
    }
}
