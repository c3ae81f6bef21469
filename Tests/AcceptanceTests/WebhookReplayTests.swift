import JSONCoding
import PostgresTestSupport
import StackTestSupport
import Testing

/// Replays of time ranges are on record: who has asked for them, when, and why.
@Suite(.timeLimit(.minutes(20))) struct WebhookReplayTests {
    private static func range(_ reason: String, _ types: [JSONValue]? = nil) -> JSONValue {
        var range: JSONObject = [
            "from": "2020-01-01T00:00:00.123456Z", "to": "2100-01-01T00:00:00Z", "reason": .string(reason),
        ]
        if let types { range["eventTypes"] = .array(types) }
        return .object(range)
    }

    private static func reasons(_ response: TestResponse) -> [String] {
        (response.json.arrayValue ?? []).compactMap { $0["reason"]?.stringValue }
    }

    @Test func `the replays of an endpoint are listed, the newest first, page by page and filtered`() async throws {
        try await WebhookWorld.run { world in
            let endpoint = try await world.endpoint("replays", ["eventTypes": ["TENANT_CREATED"]])
            let other = try await world.endpoint("other", ["eventTypes": ["TENANT_CREATED"]])
            _ = try await world.stack.createTenantID()
            try await eventually("it arrives") { world.receiver.received(at: "/replays").count == 1 }
            func list(_ query: String = "", _ headers: [String: String] = [:]) async throws -> TestResponse {
                try await world.client.send(
                    "GET", "\(endpoint.path)/replays\(query)", token: world.admin, headers: headers)
            }
            #expect(try await list().expect(200).json == [])
            var ids: [String] = []
            for reason in ["first", "second", "third"] {
                let types: [JSONValue]? = reason == "second" ? ["SUBSCRIPTION_CREATED"] : nil
                ids.append(
                    try await world.client.post(
                        "\(endpoint.path)/replay", Self.range(reason, types), token: world.admin
                    ).expect(200).string("id"))
            }
            try await world.client.post("\(other.path)/replay", Self.range("other"), token: world.admin).expect(200)

            let all = try await list().expect(200)
            #expect(Self.reasons(all) == ["third", "second", "first"])
            #expect((all.json.arrayValue ?? []).compactMap { $0["id"]?.stringValue } == ids.reversed())
            let second = all.json[1] ?? .null
            #expect(second["endpointId"] == .string(endpoint.id) && second["count"] == 0)
            #expect(second["from"] == "2020-01-01T00:00:00.123Z" && second["to"] == "2100-01-01T00:00:00.000Z")
            #expect(second["eventTypes"] == ["SUBSCRIPTION_CREATED"] && second["createdBy"]?.stringValue != nil)
            #expect(all.json[0]?["eventTypes"] == .null && all.json[0]?["count"] == 1)

            var pages: [String] = []
            var path: String? = "?\(JSONValue.object(["limit": 2]).parameter())"
            while let query = path {
                let page = try await list(query).expect(200)
                pages += Self.reasons(page)
                let target = page.headers["link"]?.split(separator: ">").first?.split(separator: "?").last
                path = target.map { "?\($0)" }
            }
            #expect(pages == ["third", "second", "first"])
            let conditions: [(JSONValue, [String])] = [
                (["reason": ["like": "%r%"]], ["third", "first"]), (["count": 0], ["second"]),
                (["from": second["from"] ?? .null], ["third", "second", "first"]),
                (["createdOn": second["createdOn"] ?? .null], ["second"]), (["endpointId": .string(other.id)], []),
            ]
            for (condition, reasons) in conditions {
                let filter: JSONValue = ["where": condition, "include": ["endpoint"]]
                let found = try await list("?\(filter.parameter())", ["prefer": "count=exact"]).expect(200)
                #expect(Self.reasons(found) == reasons, "\(condition)")
                #expect(found.headers["x-total-count"] == "\(reasons.count)", "\(condition)")
            }
            for bad in [
                "?\(JSONValue.object(["where": ["ownerId": .null]]).parameter())", "?cursor=zz",
                "?\(JSONValue.object(["limit": -1]).parameter())",
            ] { try await list(bad).expect(400) }
        }
    }

    @Test func `a tenant's users see the replays of their own endpoints only`() async throws {
        try await WebhookWorld.run { world in
            let tenants = (try await world.stack.createTenantID(), try await world.stack.createTenantID())
            let user = try await world.stack.tokens.userToken(tenant: tenants.0)
            let own = try await world.endpoint("own", token: user)
            let foreign = try await world.endpoint("foreign", token: world.stack.tokens.userToken(tenant: tenants.1))
            let operators = try await world.endpoint("operators", ["tenantId": .string(tenants.0)])
            for endpoint in [own, foreign, operators] {
                try await world.client.post("\(endpoint.path)/replay", Self.range("r"), token: world.admin).expect(200)
            }
            let shown = try await world.client.get("\(own.path)/replays", token: user).expect(200)
            #expect(Self.reasons(shown) == ["r"])
            for endpoint in [foreign, operators] {
                try await world.client.get("\(endpoint.path)/replays", token: user).expect(404)
                #expect(
                    Self.reasons(try await world.client.get("\(endpoint.path)/replays", token: world.admin)) == ["r"])
            }
            for path in ["/webhook-endpoints/\(tenants.0)/replays", "/webhook-endpoints/none/replays"] {
                #expect([400, 404, 422].contains(try await world.client.get(path, token: world.admin).status))
            }
            let powerless = try await world.stack.tokens.userToken(tenant: tenants.0, ["10207"])
            try await world.client.get("\(own.path)/replays", token: powerless).expect(403)
            try await world.client.get("\(own.path)/replays", token: nil).expect(401)
        }
    }
}
