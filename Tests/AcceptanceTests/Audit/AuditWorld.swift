import Entities
import PostgresClient
import PostgresTestSupport
import Primitives
import Sealing
import StackTestSupport
import Synchronization

@testable import ServicePlatform

/// The audit log in a database of tenant management, without a service that works on it.
struct AuditWorld: Sendable {
    static let service = "Tenant Management Service"
    static let tenant = Identifier("00000000-0000-4000-8000-000000000001") ?? .v4()
    static let otherTenant = Identifier("00000000-0000-4000-8000-000000000002") ?? .v4()

    let database: TestDatabase
    /// As the service has it.
    let pool: PostgresPool
    var sealer = AuditSealer(keys: EncryptionKeys(current: "the key of the tests"), service: service)

    var repository: AuditRepository { AuditRepository(pool: pool, sealer: sealer) }

    /// A database with two tenants, whose rows are chained.
    static func run(_ body: (AuditWorld) async throws -> Void) async throws {
        try await TestDatabase.with(.tenantManagement) { database in
            try await database.withPool(user: database.template.runtimeRole, connections: 12) { pool in
                let world = AuditWorld(database: database, pool: pool)
                try await world.addTenant(tenant)
                try await world.addTenant(otherTenant)
                try await body(world)
            }
        }
    }

    private func addTenant(_ id: Identifier) async throws {
        try await database.query(
            "INSERT INTO main.tenants (id, name, key) VALUES ($1, 'Acme', right($1::text, 10))", [.identifier(id)])
    }

    /// Adds contacts of a tenant, each of which leaves a row.
    func addContacts(_ count: Int, of tenant: Identifier = AuditWorld.tenant) async throws {
        try await database.query(
            """
            INSERT INTO main.contacts (first_name, last_name, email, tenant_id)
            SELECT 'Ann', 'Smith', 'ann' || n || '@example.com', $1 FROM generate_series(1, $2) AS n
            """, [.identifier(tenant), .int64(Int64(count))])
    }

    /// Moves everything that is pending, as the holder of the work.
    func chain() async throws {
        let claim = Identifier.v4()
        try await database.query("UPDATE main.audit_work SET claim = $1", [.identifier(claim)])
        while try await repository.chain(claim) > 0 {}
    }

    /// Runs statements as the owner, who can get around the trigger.
    func tamper(_ statements: [String]) async throws {
        try await database.withPool { owner in
            var batch = PostgresBatch(settings: [PostgresSetting("app.audit_maintenance", "on")])
            for sql in statements { batch.add(PostgresStatement(sql, prepared: false)) }
            _ = try await owner.run(batch)
        }
    }

    /// What a verification finds, each as `kind first-last`.
    func findings(
        chain: Identifier? = nil, anchor: AuditVerification.End? = nil, by sealer: AuditSealer? = nil
    ) async throws -> [String] {
        let found = Mutex<[String]>([])
        _ = try await AuditVerification(pool: pool, sealer: sealer ?? self.sealer).run(chain: chain, anchor: anchor) {
            guard case .finding(let finding) = $0 else { return }
            found.withLock { $0.append("\(finding.kind) \(finding.sequence)-\(finding.lastSequence)") }
        }
        return found.withLock { $0 }
    }

    func verify() async throws -> AuditVerification.Summary {
        try await AuditVerification(pool: pool, sealer: sealer).run { _ in }
    }
}
