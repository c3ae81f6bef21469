import Entities
import JSONCoding
import Migrations
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import StackTestSupport
import Testing

@testable import Subscription

extension ServiceTests {
    @Suite struct Features {
        @Test(
            arguments: [
                (
                    "/features",
                    ["name": "Single sign-on", "key": "sso", "metadata": ["group": "security", "rank": 1]],
                    ["defaultValue": "off", "metadata": ["group": "other"]]
                ), ("/strategies", ["name": "Region", "key": "Region"], ["priority": 7]),
                (
                    "/feature-values", ["featureKey": "sso", "strategyKey": "System", "value": "on"],
                    ["status": false]
                ),
            ] as [(String, JSONValue, JSONValue)])
        func `every entity has the eight operations`(path: String, body: JSONValue, change: JSONValue) async throws {
            try await TestService.run { try await $0.checkOperations(path, body, change) }
        }

        @Test func `the client may choose the id`() async throws {
            try await TestService.run { service in
                let id = Identifier.v4()
                for (path, body): (String, JSONObject) in [
                    ("/features", ["name": "x", "key": "x"]), ("/strategies", ["name": "x", "key": "x"]),
                    ("/feature-values", ["featureKey": "x", "strategyKey": "System"]),
                ] {
                    var body = body
                    body["id"] = .identifier(id)
                    let created = try await service.send("POST", path, .object(body))
                    #expect(created.status == 201 && created.json["id"] == .identifier(id), "\(created.text)")
                    body["key"] = path == "/feature-values" ? nil : "y"
                    #expect(try await service.send("POST", path, .object(body)).status == 409)
                    body["id"] = "mine"
                    #expect(try await service.send("POST", path, .object(body)).violations == ["/id: format"])
                }
            }
        }

        @Test func `the user of the token is stored as the author`() async throws {
            try await TestService.run { service in
                let token = try await service.token(user: "auth0|ann")
                let created = try await service.send("POST", "/features", ["name": "x", "key": "x"], token: token)
                #expect(created.json["createdBy"] == "auth0|ann" && created.json["modifiedBy"] == "auth0|ann")
                let path = "/features/\(created.json["id"]?.stringValue ?? "")"
                let other = try await service.token(user: String(repeating: "é", count: 200))
                #expect(try await service.send("PATCH", path, ["name": "y"], token: other).status == 204)
                let changed = try await service.send("GET", path).json
                #expect(changed["createdBy"] == "auth0|ann")
                #expect(changed["modifiedBy"]?.stringValue == String(repeating: "é", count: 100))
                let found = try await service.send("GET", "/features?filter[where][createdBy]=auth0|ann".escaped)
                #expect(found.json.arrayValue?.count == 1)
                #expect(try await service.send("DELETE", path, token: token).status == 204)
            }
        }

        @Test func `the strategies are seeded, and keys of features are unique`() async throws {
            try await TestService.run { service in
                let strategies = try await service.send("GET", "/strategies?filter[order]=priority")
                #expect(
                    strategies.json.arrayValue?.compactMap { $0["key"]?.stringValue }
                        == ["System", "Tenant", "User", "Plan"])
                #expect(try await service.send("POST", "/features", ["name": "x", "key": "sso"]).status == 201)
                let again = try await service.send("POST", "/features", ["name": "y", "key": "sso"])
                #expect(again.status == 409 && again.message.contains("Key (key)=(sso)"), "\(again.text)")
            }
        }

        @Test func `names are compared byte for byte`() async throws {
            try await TestService.run { service in
                let misspelled = try await service.send(
                    "POST", "/feature-values", ["feature\u{212A}ey": "sso", "strategyKey": "System"])
                #expect(misspelled.status == 422, "\(misspelled.text)")
                #expect(misspelled.violations == [": required", ": additionalProperties"])
                // Two features whose keys Swift takes as equal.
                for key in ["\u{E9}", "e\u{301}"] {
                    let created = try await service.send(
                        "POST", "/features", ["name": .string(key), "key": .string(key)])
                    #expect(created.status == 201, "\(created.text)")
                }
                let plans = try await service.send("GET", "/plans?filter[limit]=1")
                let plan = try #require(plans.json[0]?["id"]?.stringValue)
                let added = try await service.send(
                    "POST", "/plans/\(plan)/features",
                    [["featureKey": "\u{E9}", "value": "one"], ["featureKey": "e\u{301}", "value": "two"]])
                #expect(added.status == 201, "\(added.text)")
                let shown = try await service.send("GET", "/plans/\(plan)/features")
                let values = (shown.json["features"]?.arrayValue ?? []).filter { $0["value"] != nil }
                #expect(values.count == 2)
                for feature in values {
                    #expect(feature["value"]?["value"] == (feature["key"] == "\u{E9}" ? "one" : "two"))
                }
            }
        }

        @Test func `permissions have names and numbers`() async throws {
            try await TestService.run { service in
                for (path, name, numbers) in [
                    ("/features", "Feature", 1...4), ("/strategies", "Strategy", 5...8),
                    ("/feature-values", "FeatureValues", 9...12),
                ] {
                    let body: JSONValue =
                        path == "/feature-values"
                        ? ["featureKey": "k", "strategyKey": "System"] : ["name": "n", "key": "k"]
                    for forms in [
                        ["View", "Create", "Update", "Delete"].map { $0 + name }, numbers.map(String.init),
                    ] {
                        func token(_ action: Int) async throws -> String {
                            try await service.token(permissions: [forms[action]])
                        }
                        let created = try await service.send("POST", path, body, token: try await token(1))
                        #expect(created.status == 201, "\(forms[1]): \(created.text)")
                        let row = "\(path)/\(created.json["id"]?.stringValue ?? "")"
                        #expect(try await service.send("GET", row, token: try await token(0)).status == 200)
                        #expect(try await service.send("GET", row, token: try await token(1)).status == 403)
                        #expect(try await service.send("PATCH", row, body, token: try await token(0)).status == 403)
                        #expect(try await service.send("PATCH", row, body, token: try await token(2)).status == 204)
                        #expect(try await service.send("DELETE", row, token: try await token(2)).status == 403)
                        #expect(try await service.send("DELETE", row, token: try await token(3)).status == 204)
                    }
                }
            }
        }

        @Test func `a tenant reads the values that apply to it`() async throws {
            try await TestService.run { service in
                let plan = Identifier.v4()
                for (strategy, entity) in [
                    ("System", nil), ("Plan", plan), ("Tenant", TestService.tenantA), ("Tenant", TestService.tenantB),
                    ("User", Identifier.v4()), ("Tenant", nil),
                ] as [(String, Identifier?)] {
                    var body: JSONObject = ["featureKey": "sso", "strategyKey": .string(strategy)]
                    if let entity { body["strategyEntityId"] = .identifier(entity) }
                    #expect(try await service.send("POST", "/feature-values", .object(body)).status == 201)
                }
                let token = try await service.token(tenant: TestService.tenantA)
                let list = try await service.send("GET", "/feature-values", token: token)
                let seen = (list.json.arrayValue ?? []).map { $0["strategyEntityId"]?.stringValue ?? "" }
                #expect(Set(seen) == ["", plan.description, TestService.tenantA.description])
                #expect(seen.count == 3)
                // Row-level security alone shows the same.
                let visible = try await service.database.asRuntimeRole(
                    "SELECT count(*) FROM main.feature_values", tenant: TestService.tenantA)
                #expect(visible == 3)
                for (method, path) in [
                    ("POST", "/features"), ("POST", "/strategies"), ("POST", "/feature-values"),
                    ("DELETE", "/feature-values/\(Identifier.v4())"),
                ] {
                    let body: JSONValue? =
                        method == "POST"
                        ? path == "/feature-values"
                            ? ["featureKey": "k", "strategyKey": "System"] : ["name": "n", "key": "k"] : nil
                    #expect(try await service.send(method, path, body, token: token).status == 403)
                }
            }
        }

        @Test func `metadata of the original stays readable in both directions`() async throws {
            try await TestDatabase.with(.subscription) { database in
                let migrator = Migrator(
                    configuration: database.configuration(), migrations: SubscriptionMigrations.all,
                    logger: testLogger)
                _ = try await migrator.down(to: 6)
                let texts = [
                    #"{"group": "security"}"#, "not JSON", #"[1, 2]"#, "", #"{"a": "\u0000"}"#, "{\"unparsedText\": 1}",
                ]
                for (index, text) in texts.enumerated() {
                    try await database.query(
                        """
                        INSERT INTO main.features (name, key, metadata, created_by, modified_on)
                        VALUES ('f', $1, $2, 'auth0|ann', '2024-01-01T00:00:00Z')
                        """, [.text("f\(index)"), .text(text)])
                }
                _ = try await migrator.up()
                let rows = try await database.query(
                    """
                    SELECT metadata::text, created_by FROM main.features
                    WHERE modified_on = '2024-01-01T00:00:00Z' AND row_version = 1 ORDER BY key
                    """)
                #expect(
                    try rows.rows.map { try JSONValue.parse(Array(try $0.text(0).utf8)) } == [
                        ["group": "security"], ["unparsedText": "not JSON"], ["unparsedText": "[1, 2]"],
                        ["unparsedText": ""], ["unparsedText": #"{"a": "\u0000"}"#], ["unparsedText": 1],
                    ])
                #expect(try rows.rows.allSatisfy { try $0.text(1) == "auth0|ann" })
                _ = try await migrator.down(to: 6)
                let back = try await database.query("SELECT metadata FROM main.features ORDER BY key")
                #expect(try back.rows.map { try $0.text(0) } == texts)
            }
        }

        @Test func `the descriptions match the tables`() async throws {
            try await TestService.run { service in
                let differences = try await service.database.withPool { pool in
                    try await SubscriptionCatalog.make().differences(from: pool)
                }
                #expect(differences.isEmpty, "\(differences)")
            }
        }
    }
}
