import Crypto
import Foundation
import JSONCoding
import Migrations
import PostgresTestSupport
import Primitives
import StackTestSupport
import TenantManagement
import TestSupport
import Testing

/// The application data of archives, as tenant management receives it.
@Suite struct ExportDataTests {
    private static var migration: Int { TenantManagementMigrations.all.map(\.number).max() ?? 0 }

    /// A tenant that was provisioned, and its export that waits for data.
    private static func begin(_ stack: TestStack) async throws -> TestDataExport {
        let hook = try await TestWebhook.begin(stack)
        try await hook.send().expect(204)
        try await stack.tenantManagement.post("/tenants/\(hook.tenant)/exports", token: stack.admin).expect(202)
        return try await TestDataExport.begun(hook.tenant, stack)
    }

    private static func export(_ data: TestDataExport, _ stack: TestStack) async throws -> JSONValue {
        try await stack.tenantManagement.get("/tenant-exports/\(data.export)", token: stack.admin).expect(200).json
    }

    @Test func `parts become a file of the archive, and those of a later attempt replace them`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let data = try await Self.begin(stack)
            try await stack.storeExportRows()
            try await data.part(0, "lost").expect(204)
            try await data.part(1, "too").expect(204)
            // Another process goes on.
            let texts = ["one ", "two ", "three"]
            for (position, text) in texts.enumerated() {
                for _ in 0..<2 { try await data.part(position, text, attempt: 2).expect(204) }
            }
            // The first one was only slow.
            let late = try await data.part(2, "late")
            #expect(late.status == 409 && late.errorCode == "EXPORT_DATA_NOT_AWAITED")
            let gap = try await data.part(4, "gap", attempt: 2)
            #expect(gap.status == 422)
            let whole = texts.joined()
            #expect(try await data.end(parts: 2, of: "one two ", attempt: 2).status == 422)
            #expect(try await Self.export(data, stack)["state"] == "REQUESTED")
            for _ in 0..<2 { try await data.end(parts: 3, of: whole, attempt: 2).expect(204) }
            #expect(try await data.none().status == 409)
            let bytes = try await stack.archive(ofExport: data.export)
            for _ in 0..<2 { try await data.end(parts: 3, of: whole, attempt: 2).expect(204) }
            #expect(try await data.part(0, "again", attempt: 3).status == 409)
            let manifest = try TenantArchive(bytes, migration: Self.migration).manifest
            let file = try #require(manifest.files.first { $0.name == "application-data/data" })
            #expect(file.size == whole.utf8.count)
            #expect(file.sha256 == Hex.encode(Array(SHA256.hash(data: Data(whole.utf8)))))
            #expect(manifest.applicationData?.file == file.name && manifest.applicationData?.kind == "exec")
            #expect(manifest.applicationData?.tier == "CUSTOM")
            #expect(!manifest.leftOut.contains { $0.what == "application data" })
            #expect(bytes.contains(text: whole))
            let database = try stack.database(.tenantManagement)
            #expect(try await database.count("SELECT count(*) FROM main.tenant_export_data") == 0)
        }
    }

    @Test func `data that nobody has is left out with the reason, and a failure fails the export`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let data = try await Self.begin(stack)
            try await stack.storeExportRows()
            try await data.part(0, "rows").expect(204)
            for _ in 0..<2 { try await data.none("The tier has no exportCommand").expect(204) }
            let bytes = try await stack.archive(ofExport: data.export)
            let manifest = try TenantArchive(bytes, migration: Self.migration).manifest
            #expect(manifest.applicationData == nil)
            let omission = try #require(manifest.leftOut.first { $0.what == "application data" })
            #expect(omission.reason == "The tier has no exportCommand")

            let failing = try await Self.begin(stack)
            try await failing.part(0, "rows").expect(204)
            try await failing.send(["type": "FAILED", "reason": "pg_dump ended with 1"]).expect(204)
            let failed = try await Self.export(failing, stack)
            #expect(failed["state"] == "FAILED" && failed["lastError"] == "pg_dump ended with 1")
            #expect(try await failing.part(1, "more").status == 409)
            let database = try stack.database(.tenantManagement)
            #expect(try await database.count("SELECT count(*) FROM main.tenant_export_data") == 0)
        }
    }

    @Test func `data without a valid signature, and malformed messages, are refused and change nothing`()
        async throws
    {
        try await TestStack.run([.tenantManagement]) { stack in
            let data = try await Self.begin(stack)
            let body: JSONValue = ["type": "NONE", "reason": "forged"]
            #expect(try await data.send(body, signature: String(repeating: "0", count: 64)).status == 401)
            #expect(try await data.send(body, timestamp: TestWebhook.now(-60_000)).status == 401)
            // The secret of another export.
            let other = try await Self.begin(stack)
            let bytes = body.serialized()
            let now = TestWebhook.now()
            let stolen = try await stack.tenantManagement.send(
                "POST", "/tenant-exports/\(other.export)/data", bytes: bytes,
                headers: [
                    "content-type": "application/json", "x-timestamp": now,
                    "x-signature": data.signature(bytes, timestamp: now),
                ])
            #expect(stolen.status == 401)
            let malformed: [JSONValue] = [
                [:], ["type": "OTHER"], ["type": "PART", "attempt": 1, "position": 0],
                ["type": "PART", "attempt": 1, "position": 0, "content": "%%%%"],
                ["type": "PART", "attempt": 0, "position": 0, "content": "AAAA"],
                ["type": "PART", "attempt": 1, "position": -1, "content": "AAAA"],
                ["type": "END", "attempt": 1, "parts": 0, "size": 0, "sha256": "x", "kind": "exec"],
                ["type": "NONE"], ["type": "FAILED", "reason": ""], ["type": "NONE", "reason": "x", "more": 1],
            ]
            for body in malformed {
                let answer = try await data.send(body)
                #expect(answer.status == 422, "\(body): \(answer.text)")
            }
            let database = try stack.database(.tenantManagement)
            #expect(
                try await database.count(
                    "SELECT count(*) FROM main.tenant_exports WHERE data IS NULL AND data_parts = 0") == 2)
        }
    }

    @Test func `data that is larger than an archive may be fails the export and says so`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["EXPORT_MAXIMUM_MEGABYTES": "1"]) { stack in
            let data = try await Self.begin(stack)
            let text = String(repeating: "x", count: 500 << 10)
            var statuses: [Int] = []
            for position in 0..<4 { statuses.append(try await data.part(position, text).status) }
            #expect(statuses == [204, 204, 204, 409])
            let failed = try await Self.export(data, stack)
            #expect(failed["state"] == "FAILED")
            #expect(failed["lastError"]?.stringValue?.contains("EXPORT_MAXIMUM_MEGABYTES") == true)
            let database = try stack.database(.tenantManagement)
            #expect(try await database.count("SELECT count(*) FROM main.tenant_export_data") == 0)
        }
    }

    @Test func `who asks for no application data gets an archive without it`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["EXPORT_APPLICATION_DATA": "false"]) { stack in
            let hook = try await TestWebhook.begin(stack)
            try await hook.send().expect(204)
            let id = try await stack.tenantManagement.post("/tenants/\(hook.tenant)/exports", token: stack.admin)
                .expect(202).string("id")
            try await stack.storeExportRows()
            let database = try stack.database(.tenantManagement)
            try await database.query("UPDATE main.tenant_exports SET due_at = now()")
            let bytes = try await stack.archive(ofExport: id)
            let manifest = try TenantArchive(bytes, migration: Self.migration).manifest
            #expect(manifest.leftOut.contains { $0.reason.contains("EXPORT_APPLICATION_DATA") })
            #expect(
                try await database.count(
                    "SELECT count(*) FROM main.outbox WHERE type = 'TENANT_DATA_EXPORT_REQUESTED'") == 0)
        }
    }
}
