import JSONCoding
import PostgresTestSupport
import TestSupport

/// Archives of tenants.
extension TestStack {
    /// Waits until an export is finished, and downloads its archive.
    package func archive(ofExport id: String) async throws -> [UInt8] {
        let path = "/tenant-exports/\(id)"
        try await eventually("the archive is made") {
            let export = try await tenantManagement.get(path, token: admin).expect(200)
            guard export.json["state"] != "FAILED" else { throw TestFailure(export.text) }
            return export.json["state"] == "DONE"
        }
        return try await tenantManagement.get("\(path)/archive", token: admin).expect(200).bytes
    }

    /// Stands in for the rows of the subscription service, in all exports that wait for them.
    package func storeExportRows() async throws {
        try await database(.tenantManagement).query(
            """
            INSERT INTO main.tenant_export_parts (export_id, position, tenant_id, is_last, content)
            SELECT id, 0, tenant_id, true, '' FROM main.tenant_exports WHERE state = 'REQUESTED'
            """)
    }
}
