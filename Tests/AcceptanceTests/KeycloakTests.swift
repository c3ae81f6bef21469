import HTTPTypes
import JSONCoding
import Sealing
import StackTestSupport
import Testing

/// First users at Keycloak (docs/contract/arc-api.md 9.6).
@Suite struct KeycloakTests {
    private func run(
        _ more: [String: String] = [:], _ body: @escaping (FakeKeycloak, TestStack) async throws -> Void
    ) async throws {
        let keycloak = FakeKeycloak()
        try await keycloak.run { url in
            let environment = FakeKeycloak.environment(url).merging(more) { $1 }
            try await TestStack.run([.tenantManagement], environment: environment) { stack in
                try await body(keycloak, stack)
            }
        }
    }

    @Test func `a premium tenant gets its own realm`() async throws {
        try await run { keycloak, stack in
            let user = try await TestFirstUser.begin(stack)
            let answer = try await user.send(user.body("keycloak", email: " Ann@\(user.key).Example.com ")).expect(200)
            let realm = try #require(keycloak.realms[user.key])
            #expect(answer.json == ["authId": .string(try #require(realm.users.keys.first))])
            #expect(realm.representation["enabled"] == true)
            #expect(realm.representation["displayName"]?.stringValue == "Tenant \(user.key)")
            #expect(
                realm.representation["smtpServer"] == [
                    "host": "mail.example.com", "port": "587", "starttls": "true", "from": "arc@example.com",
                    "fromDisplayName": "Arc", "auth": "true", "user": "mailer", "password": "mail secret",
                ])
            let client = try #require(realm.clients.values.first)
            #expect(client["clientId"]?.stringValue == "client-\(user.key)" && client["publicClient"] == false)
            #expect(
                client["redirectUris"] == [
                    "http://localhost:3000/*",
                    .string("https://\(user.key).apps.example.com/authentication-service/*"),
                ])
            let account = try #require(realm.users.values.first)
            #expect(account["username"]?.stringValue == user.email && account["email"]?.stringValue == user.email)
            #expect(account["firstName"] == "Ann" && account["lastName"] == "Lee" && account["emailVerified"] == true)
            let password = try #require(account["credentials"]?[0]?["value"]?.stringValue)
            #expect(password.count == 20 && account["credentials"]?[0]?["temporary"] == true)
            #expect(realm.mails == [#"\#(realm.users.keys.first ?? "") ["UPDATE_PASSWORD"]"#])

            let config = try #require(try await user.configs("keycloak-client").first)
            #expect(config["realm"]?.stringValue == user.key && config["userId"] == answer.json["authId"])
            let secret = try #require(client["secret"]?.stringValue)
            let sealed = try #require(config["clientSecret"]?.stringValue)
            #expect(!sealed.contains(secret))
            let sealer = IdentitySecretSealer(secret: TestTokens.secret)
            #expect(try sealer.open(sealed, owner: user.hook.tenant) == secret)
            #expect(throws: SealingError.self) { try sealer.open(sealed, owner: "another") }
        }
    }

    @Test func `repeated and concurrent calls have one effect`() async throws {
        try await run { keycloak, stack in
            let user = try await TestFirstUser.begin(stack)
            let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for _ in 0..<6 { group.addTask { try await user.send(user.body("keycloak")) } }
                return try await group.reduce(into: [TestResponse]()) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 200 }, "\(answers.map(\.text))")
            #expect(Set(answers.map(\.text)).count == 1)
            let mails = try #require(keycloak.realms[user.key]).mails.count
            #expect(try await user.send(user.body("keycloak")).expect(200).text == answers[0].text)
            let realm = try #require(keycloak.realms[user.key])
            #expect(realm.clients.count == 1 && realm.users.count == 1 && keycloak.realms.count == 2)
            #expect(realm.mails.count == mails, "who was mailed is not mailed again")
            #expect(try await user.configs("keycloak-client").count == 1)
        }
    }

    @Test func `tenants of other tiers share a realm`() async throws {
        try await run { keycloak, stack in
            let first = try await TestFirstUser.begin(stack)
            let second = try await TestFirstUser.begin(stack)
            let a = try await first.send(first.body("keycloak", tier: "BASIC")).expect(200)
            let b = try await second.send(second.body("keycloak", tier: "BASIC")).expect(200)
            #expect(a.json != b.json)
            var realm = try #require(keycloak.realms["basic"])
            #expect(realm.clients.count == 2 && realm.users.count == 2 && realm.mails.count == 2)
            #expect(realm.representation["displayName"] == "BASIC")
            // The same person at another tenant, who has set a password meanwhile.
            keycloak.change("basic") { realm in
                for id in realm.users.keys { realm.users[id]?["requiredActions"] = [] }
            }
            let third = try await TestFirstUser.begin(stack)
            let c = try await third.send(third.body("keycloak", tier: "BASIC", email: first.email)).expect(200)
            #expect(c.json == a.json)
            realm = try #require(keycloak.realms["basic"])
            #expect(realm.clients.count == 3 && realm.users.count == 2 && realm.mails.count == 2)
            #expect(keycloak.realms.count == 2)
        }
    }

    @Test func `interrupted work is continued`() async throws {
        try await run { keycloak, stack in
            let user = try await TestFirstUser.begin(stack)
            let steps: [(String, String)] = [
                ("POST", "/token"), ("GET", "/\(user.key)"), ("POST", "/admin/realms"), ("GET", "/clients"),
                ("POST", "/clients"), ("GET", "/client-secret"), ("GET", "/users"), ("POST", "/users"),
                ("PUT", "/execute-actions-email"),
            ]
            for fault in [TestPeer.Fault.instead(.serviceUnavailable), .afterwards(.internalServerError)] {
                for (method, pathEnd) in steps {
                    let before = keycloak.peer.requests.count
                    // Once there, realm, client and user are not created anew.
                    if keycloak.realms[user.key] != nil, method == "POST", pathEnd == "/admin/realms" { continue }
                    if keycloak.realms[user.key]?.clients.isEmpty == false, method == "POST", pathEnd == "/clients" {
                        continue
                    }
                    if keycloak.realms[user.key]?.users.isEmpty == false, method == "POST", pathEnd == "/users" {
                        continue
                    }
                    if case .afterwards = fault, pathEnd == "/execute-actions-email" { continue }
                    keycloak.peer.fail(method, pathEnd: pathEnd, fault)
                    let answer = try await user.send(user.body("keycloak"))
                    #expect(answer.status == 503, "\(method) \(pathEnd): \(answer.text)")
                    #expect(answer.errorCode == "IDENTITY_PROVIDER_UNAVAILABLE" && answer.headers["retry-after"] == "5")
                    #expect(keycloak.peer.requests.count > before)
                }
            }
            let answer = try await user.send(user.body("keycloak")).expect(200)
            let realm = try #require(keycloak.realms[user.key])
            #expect(realm.clients.count == 1 && realm.users.count == 1 && realm.mails.count == 1)
            #expect(answer.json["authId"]?.stringValue == realm.users.keys.first)
        }
    }

    @Test(arguments: ["/admin/realms", "/clients", "/users"])
    func `a lost response makes no difference`(_ pathEnd: String) async throws {
        try await run { keycloak, stack in
            let user = try await TestFirstUser.begin(stack)
            keycloak.peer.fail("POST", pathEnd: pathEnd, .afterwards(.badGateway))
            try await user.send(user.body("keycloak")).expect(503)
            let answer = try await user.send(user.body("keycloak")).expect(200)
            let realm = try #require(keycloak.realms[user.key])
            #expect(realm.clients.count == 1 && realm.users.count == 1 && realm.mails.count == 1)
            #expect(answer.json["authId"]?.stringValue == realm.users.keys.first)
        }
    }

    @Test func `refusals are reported without secrets`() async throws {
        try await run { keycloak, stack in
            let user = try await TestFirstUser.begin(stack)
            let redirect = HTTPFields(dictionaryLiteral: (.location, "http://127.0.0.1:1/elsewhere"))
            let cases: [(String, TestPeer.Fault, Int, String)] = [
                ("/token", .instead(.unauthorized), 502, "IDENTITY_PROVIDER_DENIED"),
                ("/token", .instead(.temporaryRedirect, headers: redirect), 502, "IDENTITY_PROVIDER_DENIED"),
                ("/token", .instead(.ok, body: ["access_token": "a b"]), 503, "IDENTITY_PROVIDER_UNAVAILABLE"),
                ("/token", .flood, 503, "IDENTITY_PROVIDER_UNAVAILABLE"),
                ("/admin/realms", .instead(.forbidden), 502, "IDENTITY_PROVIDER_DENIED"),
                ("/admin/realms", .instead(.tooManyRequests), 503, "IDENTITY_PROVIDER_UNAVAILABLE"),
                (
                    "/admin/realms",
                    .instead(.badRequest, body: ["error": "bad_realm", "error_description": "hunter2"]), 422,
                    "IDENTITY_PROVIDER_REFUSED"
                ),
                (
                    "/admin/realms", .instead(.unprocessableContent, body: ["error": "contains hunter2"]), 422,
                    "IDENTITY_PROVIDER_REFUSED"
                ),
            ]
            for (pathEnd, fault, status, code) in cases {
                keycloak.peer.fail("POST", pathEnd: pathEnd, fault)
                let answer = try await user.send(user.body("keycloak"))
                #expect(answer.status == status && answer.errorCode == code, "\(pathEnd): \(answer.text)")
                #expect(!answer.text.contains("hunter2") && !answer.text.contains("127.0.0.1"))
            }
            #expect(keycloak.realms.keys.sorted() == ["master"])
        }
        try await run(["KEYCLOAK_ADMIN_PASSWORD": "wrong"]) { _, stack in
            let user = try await TestFirstUser.begin(stack)
            let answer = try await user.send(user.body("keycloak")).expect(502)
            #expect(!answer.text.contains("wrong") && answer.errorCode == "IDENTITY_PROVIDER_DENIED")
        }
        try await run(["KEYCLOAK_HOST": "http://127.0.0.1:1"]) { _, stack in
            let user = try await TestFirstUser.begin(stack)
            try await user.send(user.body("keycloak")).expect(503)
        }
    }

    @Test func `no user is added to a realm of another owner`() async throws {
        try await run { keycloak, stack in
            let gone = try await TestFirstUser.begin(stack)
            try await gone.send(gone.body("keycloak")).expect(200)
            try await stack.tenantManagement.delete("/tenants/\(gone.hook.tenant)", token: stack.admin).expect(204)
            let heir = try await TestFirstUser.begin(stack, key: gone.key)
            let answer = try await heir.send(heir.body("keycloak")).expect(409)
            #expect(answer.errorCode == "IDENTITY_PROVIDER_TAKEN")
            #expect(keycloak.realms[gone.key]?.users.count == 1 && keycloak.realms[gone.key]?.clients.count == 1)

            // A realm that was made by hand may be the company's own: it is used when it was marked for the tenant, and gets
            // the mail server that it lacks.
            let user = try await TestFirstUser.begin(stack)
            keycloak.add(user.key)
            let unmarked = try await user.send(user.body("keycloak")).expect(409)
            #expect(unmarked.errorCode == "IDENTITY_PROVIDER_TAKEN")
            #expect(keycloak.realms[user.key]?.users.isEmpty == true)
            keycloak.change(user.key) {
                $0.representation["attributes"] = ["arcTenantId": .string(user.hook.tenant)]
            }
            try await user.send(user.body("keycloak")).expect(200)
            #expect(keycloak.realms[user.key]?.representation["smtpServer"]?["host"] == "mail.example.com")
        }
    }

    @Test func `without a mail server the call is to be repeated`() async throws {
        try await run(["AWS_SES_SMTP_HOST": ""]) { keycloak, stack in
            let user = try await TestFirstUser.begin(stack)
            try await user.send(user.body("keycloak")).expect(503)
            keycloak.change(user.key) { $0.representation["smtpServer"] = ["host": "set by hand"] }
            try await user.send(user.body("keycloak")).expect(200)
            #expect(keycloak.realms[user.key]?.mails.count == 1 && keycloak.realms[user.key]?.users.count == 1)
        }
    }
}
