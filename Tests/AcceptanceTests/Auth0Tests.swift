import HTTPTypes
import JSONCoding
import StackTestSupport
import Testing

/// First users at Auth0 (docs/contract/arc-api.md 9.6).
@Suite struct Auth0Tests {
    private static let config: JSONValue = [
        "connection": "Users", "display_name": "Acme Inc", "logo_url": "https://acme.com/logo.png",
        "primary_color": "#0050ff", "page_background": "#ffffff", "verify_email": true, "password": "ignored",
        "app_metadata": ["plan": "gold"], "nickname": "Annie", "phone_number": .null,
        "enabled_connections": [["connection_id": "con_1", "assign_membership_on_login": true]],
    ]

    private func run(
        _ more: [String: String] = [:], _ body: @escaping (FakeAuth0, TestStack) async throws -> Void
    ) async throws {
        let auth0 = FakeAuth0()
        try await auth0.run { url in
            let environment = FakeAuth0.environment(url).merging(more) { $1 }
            try await TestStack.run([.tenantManagement], environment: environment) { stack in
                try await body(auth0, stack)
            }
        }
    }

    @Test func `a premium tenant gets its own organization`() async throws {
        try await run { auth0, stack in
            let user = try await TestFirstUser.begin(stack)
            try await user.configureAuth0(Self.config)
            let answer = try await user.send(user.body("auth0")).expect(200)
            let organization = try #require(auth0.now.organizations.values.first)
            #expect(organization["name"]?.stringValue == user.key && organization["display_name"] == "Acme Inc")
            #expect(
                organization["branding"] == [
                    "logo_url": "https://acme.com/logo.png",
                    "colors": ["primary": "#0050ff", "page_background": "#ffffff"],
                ])
            #expect(
                organization["enabled_connections"] == [
                    ["connection_id": "con_1", "assign_membership_on_login": true]
                ])
            let account = try #require(auth0.now.users.values.first)
            #expect(account["user_id"] == answer.json["authId"] && account["email"]?.stringValue == user.email)
            #expect(
                account["connection"] == "Users" && account["nickname"] == "Annie" && account["verify_email"] == true)
            #expect(account["given_name"] == "Ann" && account["app_metadata"] == ["plan": "gold"])
            #expect(!account.keys.contains("phone_number"))
            let password = try #require(account["password"]?.stringValue)
            #expect(password.count == 20 && password != "ignored")
            #expect(auth0.now.members.values.first == [try answer.string("authId")])

            #expect(try await user.send(user.body("auth0")).expect(200).text == answer.text, "the same again")
            #expect(auth0.now.users.count == 1 && auth0.now.organizations.count == 1 && auth0.now.members.count == 1)
        }
    }

    @Test func `a connection is a sufficient configuration`() async throws {
        try await run { auth0, stack in
            let user = try await TestFirstUser.begin(stack)
            try await user.configureAuth0(["connection": "Users"])
            try await user.send(user.body("auth0")).expect(200)
            let organization = try #require(auth0.now.organizations.values.first)
            #expect(Set(organization.keys) == ["name", "display_name", "metadata", "id"], "\(organization.keys)")
            #expect(organization["display_name"]?.stringValue == "Tenant \(user.key)")
            let account = try #require(auth0.now.users.values.first)
            #expect(
                Set(account.keys) == [
                    "email", "connection", "password", "given_name", "family_name", "user_id", "identities",
                ], "\(account.keys)")
        }
    }

    @Test func `tenants of other tiers share an organization`() async throws {
        try await run { auth0, stack in
            var ids: Set<String> = []
            for _ in 0..<2 {
                let user = try await TestFirstUser.begin(stack)
                try await user.configureAuth0(Self.config)
                ids.insert(try await user.send(user.body("auth0", tier: "STANDARD")).expect(200).string("authId"))
            }
            let organization = try #require(auth0.now.organizations.values.first)
            #expect(auth0.now.organizations.count == 1 && organization["name"] == "standard")
            #expect(!organization.keys.contains("branding") && organization["display_name"] == "STANDARD")
            #expect(auth0.now.members.values.first == ids && ids.count == 2)
        }
    }

    @Test func `concurrent and interrupted calls have one effect`() async throws {
        try await run { auth0, stack in
            let user = try await TestFirstUser.begin(stack)
            try await user.configureAuth0(Self.config)
            for (method, pathEnd) in [("POST", "/organizations"), ("POST", "/users"), ("POST", "/members")] {
                auth0.peer.fail(method, pathEnd: pathEnd, .afterwards(.serviceUnavailable))
                let answer = try await user.send(user.body("auth0"))
                #expect(answer.status == 503, "\(pathEnd): \(answer.text)")
            }
            let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for _ in 0..<5 { group.addTask { try await user.send(user.body("auth0")) } }
                return try await group.reduce(into: [TestResponse]()) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 200 } && Set(answers.map(\.text)).count == 1)
            #expect(auth0.now.users.count == 1 && auth0.now.organizations.count == 1)
        }
    }

    @Test func `invalid settings are named`() async throws {
        try await run { auth0, stack in
            let user = try await TestFirstUser.begin(stack)
            let missing = try await user.send(user.body("auth0")).expect(422)
            #expect(missing.message.contains("no setting \"auth0\""))
            let cases: [(String, JSONValue)] = [
                ("connection", .null), ("display_name", 7), ("verify_email", "yes"), ("app_metadata", "x"),
                ("enabled_connections", [["id": 1]]), ("logo_url", ["x"]),
            ]
            for (member, value) in cases {
                try await user.configureAuth0(Self.config.replacing([member], with: value))
                let answer = try await user.send(user.body("auth0")).expect(422)
                #expect(answer.message.contains(member), "\(member): \(answer.text)")
            }
            #expect(auth0.peer.requests.isEmpty)
            try await user.configureAuth0(Self.config.replacing(["connection"], with: "nowhere"))
            let refused = try await user.send(user.body("auth0")).expect(422)
            #expect(refused.message.contains("inexistent_connection") && !refused.text.contains(FakeAuth0.secret))
            try await user.configureAuth0(Self.config)
            let strange = try await user.send(user.body("auth0", tier: "Gold plus!")).expect(422)
            #expect(strange.errorCode == "IDENTITY_PROVIDER_REFUSED")
        }
    }

    @Test func `no user is added to an organization of another owner`() async throws {
        try await run { auth0, stack in
            let user = try await TestFirstUser.begin(stack)
            try await user.configureAuth0(Self.config)
            try await user.send(user.body("auth0")).expect(200)
            // A tier that is called like the tenant must not lead into its organization.
            let other = try await TestFirstUser.begin(stack)
            try await other.configureAuth0(Self.config)
            let answer = try await other.send(other.body("auth0", tier: user.key.uppercased())).expect(409)
            #expect(answer.errorCode == "IDENTITY_PROVIDER_TAKEN")
            #expect(auth0.now.users.count == 1 && auth0.now.members.values.allSatisfy { $0.count == 1 })
        }
    }

    @Test func `wrong credentials are an error of the service`() async throws {
        try await run(["AUTH0_CLIENT_SECRET": "wrong"]) { _, stack in
            let user = try await TestFirstUser.begin(stack)
            try await user.configureAuth0(Self.config)
            let answer = try await user.send(user.body("auth0")).expect(502)
            #expect(answer.errorCode == "IDENTITY_PROVIDER_DENIED" && !answer.text.contains("wrong"))
        }
    }
}
