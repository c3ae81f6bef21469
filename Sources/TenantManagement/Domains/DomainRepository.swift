import Entities
import PostgresClient
import Primitives

/// SQL of the domains of tenants. Whether a tenant may be touched has been decided before: the reads see every tenant's rows,
/// because they also find out whether another tenant holds a domain.
struct DomainRepository: Sendable {
    let pool: PostgresPool

    /// All domains that a tenant has or claims, in the order of their names; nil when there is no such tenant.
    func all(of tenant: Identifier) async throws -> [TenantDomain]? {
        try await read(tenant, nil)
    }

    /// - Returns: nil when there is no such tenant, or it has no such domain.
    func find(_ domain: DomainName, of tenant: Identifier) async throws -> TenantDomain? {
        try await read(tenant, domain)?.first
    }

    private func read(_ tenant: Identifier, _ domain: DomainName?) async throws -> [TenantDomain]? {
        let result = try await pool.query(
            Self.reading, [.identifier(tenant), .optional(domain) { .text($0.text) }],
            settings: TenantScope.everyTenant, as: .read)
        guard !result.rows.isEmpty else { return nil }
        return try result.rows.compactMap { row in
            // A tenant without domains has one row without a name.
            guard let name = try row.textIfPresent(0) else { return nil }
            return TenantDomain(
                name: name, proof: try row.textIfPresent(1).flatMap { TenantDomain.Proof(rawValue: $0) },
                provenOn: try row.timestampIfPresent(2), token: try row.identifier(3),
                createdOn: try row.timestamp(4), holder: try row.identifierIfPresent(5), isPublic: try row.bool(6))
        }
    }

    private static let reading: PostgresStatement = """
        SELECT own.domain, own.proven_by, own.proven_on, own.token, own.created_on,
            (SELECT tenant_id FROM main.tenant_domains AS held
                WHERE held.domain = own.domain AND held.proven_on IS NOT NULL AND held.tenant_id <> own.tenant_id),
            EXISTS (SELECT FROM main.public_mail_domains AS public WHERE public.domain = own.domain)
        FROM main.tenants AS tenant LEFT JOIN main.tenant_domains AS own
            ON own.tenant_id = tenant.id AND ($2::text IS NULL OR own.domain = $2)
        WHERE tenant.id = $1 AND NOT tenant.deleted ORDER BY own.domain COLLATE "C"
        """

    /// Who has a domain that a tenant wants.
    struct Standing: Sendable {
        /// The other tenant that holds it.
        let holder: Identifier?
        let isMailProvider: Bool
    }

    /// - Parameters:
    ///   - domain: In lower case.
    ///   - tenant: The tenant that wants it; nil for one that does not exist yet.
    func standing(of domain: String, besides tenant: Identifier? = nil) async throws(PostgresError) -> Standing {
        let result = try await pool.query(
            """
            SELECT (SELECT tenant_id FROM main.tenant_domains
                    WHERE domain = $1 AND proven_on IS NOT NULL AND tenant_id IS DISTINCT FROM $2::uuid),
                EXISTS (SELECT FROM main.public_mail_domains WHERE domain = $1)
            """, [.text(domain), .optional(tenant) { .identifier($0) }], settings: TenantScope.everyTenant, as: .read)
        return Standing(
            holder: try result.first?.identifierIfPresent(0), isMailProvider: try result.first?.bool(1) ?? false)
    }

    // MARK: Statements

    /// The statement that fails (`isGuardViolation`) when there is no such tenant. It locks the tenant before its domains, as
    /// all other writers do.
    static func lock(_ tenant: Identifier) -> BoundStatement { BoundStatement(locking, [.identifier(tenant)]) }

    private static let locking: PostgresStatement = """
        WITH tenant AS (SELECT FROM main.tenants WHERE id = $1 AND NOT deleted FOR NO KEY UPDATE)
        SELECT 1 / count(*) FROM tenant
        """

    /// The statement that stores domains of a new tenant that are not proven.
    static func insertWaiting(_ domains: [String], tenant: Identifier) -> BoundStatement {
        BoundStatement(
            """
            INSERT INTO main.tenant_domains (tenant_id, domain)
            SELECT $1, waiting FROM unnest($2::text[]) AS waiting
            WHERE NOT EXISTS (SELECT FROM main.public_mail_domains AS public WHERE public.domain = waiting)
            ON CONFLICT DO NOTHING
            """, [.identifier(tenant), .textArray(domains)])
    }

    /// The statement that stores a claim. It violates ``primaryKey`` for a domain that the tenant has or claims, and fails
    /// (`isGuardViolation`) when the tenant has or claims as many domains as it may.
    static func claim(_ domain: TenantDomain, for tenant: Identifier, limit: Int) -> BoundStatement {
        BoundStatement(
            claiming,
            [
                .identifier(tenant), .text(domain.name), .identifier(domain.token), .timestamp(domain.createdOn),
                .int64(Int64(limit)),
            ])
    }

    static let primaryKey = "tenant_domains_pkey"

    private static let claiming: PostgresStatement = """
        WITH claimed AS (
            INSERT INTO main.tenant_domains (tenant_id, domain, token, created_on) SELECT $1, $2, $3, $4
            WHERE (SELECT count(*) FROM main.tenant_domains WHERE tenant_id = $1) < $5 RETURNING 1)
        SELECT 1 / count(*) FROM claimed
        """

    /// The statement that records the proof of a claim. It fails (`isGuardViolation`) when the claim was proven, released or
    /// removed since it was read, and violates ``heldIndex`` when another tenant holds the domain.
    static func prove(
        _ domain: TenantDomain, of tenant: Identifier, by proof: TenantDomain.Proof, at now: Timestamp
    ) -> BoundStatement {
        BoundStatement(
            proving,
            [
                .identifier(tenant), .text(domain.name), .identifier(domain.token), .text(proof.rawValue),
                .timestamp(now),
            ])
    }

    static let heldIndex = "idx_tenant_domain_proven"

    private static let proving: PostgresStatement = """
        WITH proven AS (
            UPDATE main.tenant_domains SET proven_by = $4, proven_on = $5
            WHERE tenant_id = $1 AND domain = $2 AND token = $3 AND proven_on IS NULL RETURNING 1)
        SELECT 1 / count(*) FROM proven
        """

    /// The statement that makes a proven domain a claim again. It fails (`isGuardViolation`) when the domain is not proven.
    /// - Parameter token: A new one: the old record may still be there.
    static func release(_ domain: DomainName, of tenant: Identifier, token: Identifier) -> BoundStatement {
        BoundStatement(releasing, [.identifier(tenant), .text(domain.text), .identifier(token)])
    }

    private static let releasing: PostgresStatement = """
        WITH released AS (
            UPDATE main.tenant_domains SET proven_by = NULL, proven_on = NULL, token = $3
            WHERE tenant_id = $1 AND domain = $2 AND proven_on IS NOT NULL RETURNING 1)
        SELECT 1 / count(*) FROM released
        """

    /// The statement that removes a domain, proven or not. It fails (`isGuardViolation`) when the tenant has no such domain.
    static func remove(_ domain: DomainName, of tenant: Identifier) -> BoundStatement {
        BoundStatement(removing, [.identifier(tenant), .text(domain.text)])
    }

    private static let removing: PostgresStatement = """
        WITH removed AS (DELETE FROM main.tenant_domains WHERE tenant_id = $1 AND domain = $2 RETURNING 1)
        SELECT 1 / count(*) FROM removed
        """

    /// The statement that adds a domain to the tenant's list, unless it is there, and returns the tenant's new version.
    static func list(_ domain: String, of tenant: Identifier, by actor: Actor) -> BoundStatement {
        BoundStatement(listing, Self.values(domain, tenant, actor))
    }

    private static let listing: PostgresStatement = """
        UPDATE main.tenants SET domains = array_append(domains, $2), modified_by = $3
        WHERE id = $1 AND NOT EXISTS (SELECT FROM unnest(domains) AS listed WHERE main.domain_name(listed) = $2)
        RETURNING row_version
        """

    /// The statement that takes a domain from the tenant's list, if it is there, and returns the tenant's new version.
    static func unlist(_ domain: String, of tenant: Identifier, by actor: Actor) -> BoundStatement {
        BoundStatement(unlisting, Self.values(domain, tenant, actor))
    }

    private static let unlisting: PostgresStatement = """
        UPDATE main.tenants SET modified_by = $3, domains = ARRAY(
            SELECT listed FROM unnest(domains) WITH ORDINALITY AS list(listed, place)
            WHERE main.domain_name(listed) IS DISTINCT FROM $2 ORDER BY place)
        WHERE id = $1 AND EXISTS (SELECT FROM unnest(domains) AS listed WHERE main.domain_name(listed) = $2)
        RETURNING row_version
        """

    private static func values(_ domain: String, _ tenant: Identifier, _ actor: Actor) -> [PostgresValue] {
        [.identifier(tenant), .text(domain), .optional(actor.identifier) { .identifier($0) }]
    }
}
