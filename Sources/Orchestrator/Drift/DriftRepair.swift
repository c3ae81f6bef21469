import PostgresClient
import Primitives

/// Repairs what can be repaired without loss, and drops orphans.
struct DriftRepair: Sendable {
    let tenancy: PlacedTenancy
    let repository: DriftRepository
    let server: DataServers.Open

    private var tools: PostgresTenancy { tenancy.tenancy(server) }

    /// Repairs one finding.
    /// - Returns: Whether it is repaired.
    func repair(_ finding: DriftFinding, _ expected: ExpectedObjects, _ actual: ActualObjects?) async throws -> Bool {
        guard finding.isRepairable, let key = Self.key(expected.name) else { return false }
        switch finding.kind {
        case .notPlaced:
            let kind: TenantPlacement.Kind = actual?.hasDatabase == true ? .silo : .pooled
            try await repository.adopt(
                expected.tenant, key: key, on: finding.server, kind,
                database: kind == .silo ? expected.name : server.server.configuration.database)
        case .staleReservation:
            // What was made would be lost from sight.
            guard actual == nil else { return false }
            try await tenancy.placement.release(expected.tenant)
        default: try await restoreAccess(try SQLName(tenantKey: key), expected, actual)
        }
        return true
    }

    /// Makes the role with its stored password, and grants what it has to have.
    private func restoreAccess(
        _ name: SQLName, _ expected: ExpectedObjects, _ actual: ActualObjects?
    ) async throws {
        guard let current = expected.current else { return }
        let (role, _) = try await tools.role(name, of: expected.tenant)
        let rights = current.kind == .silo ? "CONNECT, CREATE, TEMPORARY" : "CONNECT"
        let hasPlace = current.kind == .silo ? actual?.hasDatabase == true : actual?.hasSchema == true
        try await server.pool.withTransaction { transaction in
            try await transaction.lockOutOtherProvisioners()
            try await role.ensure(in: transaction)
            if current.kind == .pooled || hasPlace {
                try await transaction.run(
                    "GRANT \(rights) ON DATABASE \(SQLName.quoted(current.database)) TO \(name.quoted)")
            }
            if current.kind == .pooled, hasPlace {
                try await tools.ensureSchema(name, database: current.database, in: transaction)
            }
        }
        guard current.kind == .silo, hasPlace else { return }
        try await tools.fill(current.database, with: name)
    }

    /// Drops what is provably the provisioner's of an orphan: what it owns, and roles that it has marked.
    func drop(_ actual: ActualObjects) async throws -> Bool {
        guard let key = Self.key(actual.name) else { return false }
        let name = try SQLName(tenantKey: key)
        if actual.hasDatabase {
            guard actual.ownsDatabase else { return false }
        }
        let isOurRole = actual.hasRole && actual.roleMark?.hasPrefix(TenantRole.markPrefix) == true
        if isOurRole {
            try await server.pool.withTransaction { transaction in
                try await transaction.lockOutOtherProvisioners()
                try await transaction.run("ALTER ROLE \(name.quoted) NOLOGIN")
                try await transaction.join(name)
            }
        }
        if actual.hasDatabase {
            _ = try await server.pool.query(
                PostgresStatement("DROP DATABASE IF EXISTS \(name.quoted) WITH (FORCE)", prepared: false))
        }
        try await server.pool.withTransaction { transaction in
            try await transaction.lockOutOtherProvisioners()
            if actual.hasSchema, actual.ownsSchema {
                try await transaction.run("DROP SCHEMA IF EXISTS \(name.quoted) CASCADE")
            }
            if isOurRole {
                try await transaction.run("DROP OWNED BY \(name.quoted) CASCADE")
                try await transaction.run("DROP ROLE \(name.quoted)")
            }
        }
        return (!actual.hasRole || isOurRole) && (!actual.hasSchema || actual.ownsSchema)
    }

    /// The key of a tenant's name; nil for a name that no tenant can have.
    static func key(_ name: String) -> String? {
        let prefix = "tenant_"
        guard name.hasPrefix(prefix) else { return nil }
        let key = String(name.dropFirst(prefix.count))
        return (try? SQLName(tenantKey: key)) == nil ? nil : key
    }
}
