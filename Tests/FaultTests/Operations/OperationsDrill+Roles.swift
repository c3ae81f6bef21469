import JSONCoding
import PostgresTestSupport
import StackTestSupport
import Testing

/// A drill about a role that somebody has and that does not work.
extension OperationsDrill {
    static func explainRole(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let role: JSONValue = ["name": "Reader", "audience": "operator", "permissions": ["10207", "7008"]]
            try await stack.tenantManagement.post("/roles", role, token: stack.admin).expect(201)
            let token = try await stack.tokens.roleToken("Reader")
            try await eventually("the subscription service knows the role") {
                try await stack.subscription.get("/plans", token: token).status == 200
            }
            // As after its database was restored from a backup.
            let subscription = try stack.database(.subscription)
            try await subscription.query("DELETE FROM main.known_roles")
            try await subscription.query("UPDATE main.role_state SET version = version + 1")

            try shell.write(Array(token.utf8), to: "token.txt")
            let explained = try await shell.type(
                try section.take("arc doctor authorize"),
                replacing: [("<service>", "subscription"), ("/tenants/<id>", "/plans")],
                environment: try stack.data.variables(.subscription, tenantManagement: nil))
            #expect(explained.status == 1 && explained.output.contains("Reader gives nothing"), "\(explained)")

            try await shell.succeed(
                try section.take("arc events announce-tenants"),
                environment: OperationsShell.variables(of: try stack.database(.tenantManagement)))
            try await eventually("the subscription service knows the role again") {
                try await stack.subscription.get("/plans", token: token).status == 200
            }
        }
    }
}
