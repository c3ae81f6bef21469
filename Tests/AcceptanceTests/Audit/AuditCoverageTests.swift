import Entities
import PostgresClient
import PostgresTestSupport
import Primitives
import ServicePlatform
import StackTestSupport
import Subscription
import TenantManagement
import Testing

/// Nothing that is written can be left out of the audit log: every table and column, every operation.
@Suite(.timeLimit(.minutes(20))) struct AuditCoverageTests {
    private static let services: [(template: DatabaseTemplate, tables: [AuditedTable], unrecorded: [String: String])] =
        [
            (.tenantManagement, TenantManagementAudit.all, TenantManagementAudit.unrecorded),
            (.subscription, SubscriptionAudit.all, SubscriptionAudit.unrecorded),
        ]

    @Test func `the changes of every table are recorded, or were found not to matter`() async throws {
        for service in Self.services {
            try await TestDatabase.with(service.template) { database in
                let tables = Set(
                    try await database.texts(
                        """
                        SELECT relname::text FROM pg_class
                        WHERE relnamespace = 'main'::regnamespace AND relkind IN ('r', 'p')
                        """))
                let recorded = Set(
                    try await database.texts(
                        """
                        SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'audit' AND NOT tgisinternal
                            AND tgenabled = 'O'
                        """
                    ).map { $0.replacing("main.", with: "") })
                #expect(recorded == Set(service.tables.map(\.table)))
                let known = recorded.union(service.unrecorded.keys).union(AuditedTable.unrecorded.keys)
                #expect(
                    tables.subtracting(known).sorted() == [],
                    "record the changes of these tables (AuditedTable), or say why not")
            }
        }
    }

    @Test func `every column of such a table is in the log, by the name of its member`() async throws {
        for service in Self.services {
            let catalog =
                service.template == .subscription ? try SubscriptionCatalog.make() : try TenantManagementCatalog.make()
            try await TestDatabase.with(service.template) { database in
                for table in service.tables {
                    let source =
                        try await database.texts(
                            "SELECT prosrc FROM pg_proc WHERE pronamespace = 'main'::regnamespace AND proname = $1",
                            [.text("audit_\(table.table)")]
                        ).first ?? ""
                    let columns = try await database.texts(
                        """
                        SELECT attname::text FROM pg_attribute
                        WHERE attrelid = ('main.' || $1)::regclass AND attnum > 0 AND NOT attisdropped
                        """, [.text(table.table)])
                    let omitted = Set(AuditedTable.alwaysOmitted + table.omitted)
                    for column in columns where !omitted.contains(column) {
                        #expect(
                            source.contains("NEW.\(column) IS DISTINCT")
                                || source.contains("NEW.\"\(column)\" IS DISTINCT")
                                || source.contains("NEW.\(column)::text IS DISTINCT"),
                            "\(table.table).\(column): attach the table again in the migration that adds a column")
                    }
                    guard let entity = catalog.entities.first(where: { $0.table == table.table }) else { continue }
                    #expect(entity.name == table.entity)
                    for field in entity.fields where !omitted.contains(field.column) {
                        #expect(source.contains("'\(field.name)'"), "\(table.table).\(field.column)")
                    }
                }
            }
        }
    }

    @Test func `columns that are sealed or hold keys are not shown by the log`() async throws {
        for service in Self.services {
            try await TestDatabase.with(service.template) { database in
                let binary = try await database.texts(
                    """
                    SELECT relname || '.' || attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
                    WHERE relnamespace = 'main'::regnamespace AND attnum > 0 AND atttypid = 'bytea'::regtype
                    """)
                for table in service.tables {
                    let hidden = Set(table.omitted + table.secret)
                    for column in binary where column.hasPrefix("\(table.table).") {
                        #expect(hidden.contains(String(column.dropFirst(table.table.count + 1))), "\(column)")
                    }
                }
            }
        }
    }

    /// Requests that are accepted but change nothing of their own.
    private static let without: Set<String> = [
        // About a domain that is proven already, and a tenant that is not suspended.
        "POST /tenants/{id}/domains/{domain}/approve", "POST /tenants/{id}/domains/{domain}/verify",
        "POST /tenants/{id}/reactivate",
        // Measurements of what an application does, thousands in a second: they are rows that say all of it themselves
        // (SubscriptionAudit.unrecorded). The token stores nothing.
        "POST /usage-events", "POST /entitlements/{tenantId}/reserve", "POST /entitlements/{tenantId}/token",
        "POST /entitlements/{tenantId}/reservations/{reservationId}/release",
        "POST /entitlements/{tenantId}/reservations/{reservationId}/commit",
    ]

    @Test(arguments: WalkTests.kinds) func `every write that is accepted leaves a row`(_ kind: TestStack.ServiceKind)
        async throws
    {
        try await ValidRequests.run(kind) { requests in
            let database = try requests.stack.database(kind.database)
            let operations = requests.document.operations.filter {
                !["GET", "HEAD", "OPTIONS"].contains($0.method) && $0.security != nil
            }
            let checked = Problems()
            await requests.forEach(operations) { operation in
                guard let request = try? await requests.request(operation) else { return }
                let id = "audit-\(Identifier.v4())"
                let answer = try await requests.client.client.send(
                    operation.method, request.path, request.body, token: request.token,
                    headers: request.headers.merging(["x-request-id": id]) { $1 })
                guard (200..<300).contains(answer.status) else { return }
                checked.add(operation.name)
                let rows = try await database.count(
                    "SELECT count(*) FROM main.audit_logs WHERE request_id = $1", [.text(id)])
                if rows == 0, !Self.without.contains(operation.name) {
                    requests.problems.add("\(operation.name) left no row")
                }
            }
            let count = checked.text.split(separator: "\n").count
            #expect(count >= 25, "accepted: \(checked.text)")
        }
    }
}
