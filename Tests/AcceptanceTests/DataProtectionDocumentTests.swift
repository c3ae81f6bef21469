import Entities
import Foundation
import KeyRotation
import Orchestrator
import PostgresTestSupport
import ServicePlatform
import StackTestSupport
import Subscription
import TenantManagement
import TestSupport
import Testing

/// docs/data-protection.md against the descriptions of entities, the sealed columns and the databases.
@Suite(.timeLimit(.minutes(20))) struct DataProtectionDocumentTests {
    /// `main.table.column` of the tables whose heading is given.
    private static func documented(_ heading: String) throws -> Set<String> {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/data-protection.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        guard let start = text.range(of: "### \(heading)\n") else { throw TestFailure("no section \(heading)") }
        let section = text[start.upperBound...].components(separatedBy: "\n### ")[0]
        var columns: Set<String> = []
        for line in section.split(separator: "\n") where line.hasPrefix("| `main.") {
            let names = line.dropFirst().prefix { $0 != "|" }.split(separator: "`").enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            for column in names.dropFirst() { columns.insert("\(names[0]).\(column)") }
        }
        return columns
    }

    @Test func `every sealed column and every personal field is in the document`() throws {
        let sealed =
            (TenantManagementApp.sealedColumns + SubscriptionApp.sealedColumns + OrchestratorApp.sealedColumns
            + [SealedEvents.messages]).map(\.name)
        let secrets = try Self.documented("Secrets")
        #expect(Set(sealed).subtracting(secrets).sorted() == [])
        let entities = try TenantManagementApp.catalog().entities + SubscriptionApp.catalog().entities
        let personal = entities.flatMap { entity in
            entity.properties.filter { $0.personalData != nil }.map { "main.\(entity.table).\($0.column)" }
        }
        #expect(personal.count > 20)
        #expect(Set(personal).subtracting(secrets.union(try Self.documented("Personal data"))).sorted() == [])
    }

    @Test func `every column of the document exists`() async throws {
        var existing: Set<String> = []
        for template in [DatabaseTemplate.tenantManagement, .subscription, .orchestrator, .messageBus] {
            try await TestDatabase.with(template) { database in
                existing.formUnion(
                    try await database.texts(
                        """
                        SELECT concat_ws('.', table_schema, table_name, column_name) FROM information_schema.columns
                        WHERE table_schema = 'main'
                        """))
            }
        }
        let documented = try Self.documented("Secrets").union(Self.documented("Personal data"))
        #expect(documented.count > 40)
        #expect(documented.subtracting(existing).sorted() == [])
    }
}
