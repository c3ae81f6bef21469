import JSONCoding
import PostgresTestSupport
import StackTestSupport
import Testing

/// A drill about credentials that somebody else has.
extension OperationsDrill {
    static func revokeCredentials(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let client = stack.tenantManagement
            let call = ["ARC_TOKEN": stack.admin]
            let url = "--url \(client.url)"
            func key() async throws -> (id: String, text: String) {
                let made = try await client.post(
                    "/api-keys", ["name": "CRM", "audience": "operator", "permissions": ["10207", "7008"]],
                    token: stack.admin
                ).expect(201)
                return (try made.string("id"), try made.string("key"))
            }
            func awaitStatus(_ status: Int, _ credential: String) async throws {
                try await eventually("both services answer \(status)") {
                    let plans = try await stack.subscription.get("/plans", token: credential).status
                    return try await client.get("/tenants", token: credential).status == status && plans == status
                }
            }

            let (leaked, revealed) = (try await key(), try await key())
            for key in [leaked, revealed] { try await awaitStatus(200, key.text) }
            let list = try await shell.succeed(
                try section.take("arc api-keys list"),
                replacing: [("arc_4fQz81Lm", String(leaked.text.prefix(12)))], adding: url, environment: call)
            #expect(list.hasPrefix(leaked.id) && list.contains("CRM  operator") && !list.contains(leaked.text))
            try await shell.succeed(
                try section.take("arc api-keys delete"), replacing: [("0198c0de-…", leaked.id)], adding: url,
                environment: call)
            try await awaitStatus(401, leaked.text)
            let replaced = try await shell.succeed(
                try section.take("arc api-keys rotate"), replacing: [("0198c0de-…", revealed.id)], adding: url,
                environment: call)
            try await awaitStatus(401, revealed.text)
            try await awaitStatus(200, replaced)

            let token = try await stack.tokens.operatorToken()
            try shell.write(Array("Bearer \(token)\n".utf8), to: "leaked.txt")
            try await awaitStatus(200, token)
            try await shell.succeed(
                try section.take("arc token revoke --token-file"), adding: url, environment: call)
            try await awaitStatus(401, token)
            let user = "0198c0de-0000-7000-8000-000000000002"
            let stolen = try await stack.tokens.operatorToken(user: user)
            try await awaitStatus(200, stolen)
            try await shell.succeed(
                try section.take("arc token revoke --user"), replacing: [("0198c0de-…", user)], adding: url,
                environment: call)
            try await awaitStatus(401, stolen)

            // As after the database of the subscription service was restored from a backup.
            try await stack.database(.subscription).query("DELETE FROM main.api_keys")
            try await eventually("the subscription service does not know the key") {
                try await stack.subscription.get("/plans", token: replaced).status == 401
            }
            try await shell.succeed(
                try section.take("arc events announce-tenants"),
                environment: OperationsShell.variables(of: try stack.database(.tenantManagement)))
            try await awaitStatus(200, replaced)
        }
    }
}
