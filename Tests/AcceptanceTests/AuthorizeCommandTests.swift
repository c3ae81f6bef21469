import Foundation
import JSONCoding
import PostgresTestSupport
import StackTestSupport
import TestSupport
import Testing

/// `arc doctor authorize` on the environment of a service.
@Suite struct AuthorizeCommandTests {
    private static func run(
        _ stack: TestStack, _ token: String, _ arguments: String..., service: String = "tenant-management",
        kind: TestStack.ServiceKind = .tenantManagement
    ) async throws -> TestCommand.Outcome {
        let file = TestCommand.temporaryFile("token")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("\(token)\n".utf8).write(to: file)
        let outcome = try await ArcCommand.run(
            ["doctor", "authorize", "--service", service, "--token-file", file.path] + arguments,
            environment: try stack.data.variables(kind, tenantManagement: nil))
        if !token.isEmpty { #expect(!outcome.output.contains(token) && !outcome.errors.contains(token)) }
        return outcome
    }

    @Test func `a decision is explained with the roles and tenants of the database`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let body: JSONValue = ["name": "Auditor", "audience": "operator", "permissions": ["10207"]]
            try await client.post("/roles", body, token: stack.admin).expect(201)
            let token = try await stack.tokens.roleToken("Auditor")
            let allowed = try await Self.run(stack, token, "GET", "/tenants")
            #expect(allowed.status == 0, "\(allowed.output) \(allowed.errors)")
            #expect(
                allowed.output.contains("Auditor gives 1 permissions")
                    && allowed.output.contains("allowed: GET /tenants"))
            let refused = try await Self.run(stack, token, "DELETE", "/tenants/\(WalkTests.unknown)", "--json")
            let report = try JSONValue.parse(refused.output)
            #expect(refused.status == 1 && report["allowed"] == false && report["status"] == 403, "\(refused.output)")
            #expect(report["operation"] == "DELETE /tenants/{id}")

            let tenant = try await stack.createTenantID()
            let user = try await stack.tokens.roleToken("TenantAdmin", tenant: tenant)
            #expect(try await Self.run(stack, user, "GET", "/tenants/\(tenant)").status == 0)
            try await client.delete("/tenants/\(tenant)", token: stack.admin).expect(204)
            let gone = try await Self.run(stack, user, "GET", "/tenants/\(tenant)")
            #expect(gone.status == 1 && gone.output.contains("FAIL  tenant:"), "\(gone.output)")
        }
    }

    @Test func `the token comes through a pipe that has nothing to read yet, or from a file`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            var environment = try stack.data.variables(.tenantManagement, tenantManagement: nil)
            environment["PATH"] = ProcessInfo.processInfo.environment["PATH"]
            environment["ARC"] = try ArcCommand.executable()
            environment["TOKEN"] = stack.admin
            for shell in [
                "{ sleep 1; echo \"$TOKEN\"; } | \"$ARC\" doctor authorize --service tenant-management GET /tenants",
                "echo \"$TOKEN\" | \"$ARC\" doctor authorize --service tenant-management --token-file - GET /tenants",
                "echo \"$TOKEN\" > token; \"$ARC\" doctor authorize --service tenant-management GET /tenants < token",
            ] {
                let folder = TestCommand.temporaryFile("pipe")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                defer { try? FileManager.default.removeItem(at: folder) }
                let outcome = try await TestCommand.outcome(
                    of: ["/bin/sh", "-c", shell], environment: environment, in: folder)
                #expect(outcome.status == 0, "\(shell): \(outcome.output) \(outcome.errors)")
            }
        }
    }

    @Test func `wrong uses are explained and have their own status`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            #expect(try await Self.run(stack, "x.y.z", "GET", "tenants").status == 64)
            #expect(try await Self.run(stack, "x.y.z", "GET", "/tenants", "--anonymous").status == 64)
            #expect(try await Self.run(stack, "", "GET", "/tenants").status == 2)
            let missing = try await ArcCommand.run(
                [
                    "doctor", "authorize", "--service", "tenant-management", "--token-file", "/nonexistent", "GET",
                    "/tenants",
                ],
                environment: [:])
            #expect(missing.status == 2 && missing.errors.contains("/nonexistent"))
        }
    }
}
