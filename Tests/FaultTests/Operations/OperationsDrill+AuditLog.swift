import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import TestSupport
import Testing

/// Drills about the audit log.
extension OperationsDrill {
    static func verifyAuditLog(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        try await TestStack.run([.tenantManagement], environment: ["PROVISION_ON_CREATE": "false"]) { stack in
            let database = try stack.database(.tenantManagement)
            let tenant = try await stack.createTenantID()
            try await stack.tenantManagement.send(
                "PATCH", "/tenants/\(tenant)", ["name": "Globex"], token: stack.admin,
                headers: ["x-request-id": "drill"]
            ).expect(204)
            let changes = try await shell.query(
                try section.take("SELECT recorded_on"), in: database, replacing: [("…", "drill")])
            #expect(changes.count == 1 && changes[0].contains("Globex") && changes[0].contains(tenant))
            let pending = try section.take("SELECT count(*)")
            try await eventually("every row has its place") {
                try await shell.query(pending, in: database).first?.hasPrefix("0|") == true
            }
            #expect(try await shell.query(try section.take("SELECT due_at"), in: database).count == 1)

            let variables = OperationsShell.variables(of: database)
                .merging(["DATA_ENCRYPTION_KEY": TestTokens.secret]) { $1 }
            let verify = try section.take("arc audit verify")
            let ofService = "--service tenant-management"
            let intact = try await shell.succeed(verify, adding: ofService, environment: variables)
            #expect(intact.contains("0 findings"), "\(intact)")
            let foreign = try await shell.type(
                verify, adding: ofService, environment: variables.merging(["DATA_ENCRYPTION_KEY": "another key"]) { $1 }
            )
            #expect(
                foreign.status == 2 && foreign.output.contains("is not signed"), "\(foreign.output)\(foreign.errors)")

            let end = try await shell.succeed(
                verify, adding: "\(ofService) --tenant \(tenant)", environment: variables
            ).split(separator: " ").last.map(String.init)
            let examples = [("019b8d2c-…", tenant), ("812:9f86d081…", try #require(end))]
            try await shell.succeed(
                try section.take("arc audit verify"), replacing: examples, environment: variables)
            try await shell.succeed(
                try section.take("arc audit export"), replacing: [examples[0]], environment: variables)
            let resealed = try await shell.succeed(
                try section.take("arc audit reseal"), adding: ofService, environment: variables)
            #expect(resealed.contains("0 that no key has signed"), "\(resealed)")

            try await database.query("ALTER TABLE main.audit_chained DISABLE TRIGGER append_only")
            try await database.query(
                "UPDATE main.audit_chained SET actor = 'somebody else' WHERE tenant_id::text = $1", [.text(tenant)])
            let changed = try await shell.type(verify, adding: ofService, environment: variables)
            #expect(changed.status == 2 && changed.output.contains("was changed"), "\(changed.output)\(changed.errors)")
        }
    }
}
