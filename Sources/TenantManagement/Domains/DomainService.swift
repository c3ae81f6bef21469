import DNSClient
import Entities
import Logging
import PostgresClient
import Primitives
import ServiceKit

/// Which mail domains a tenant has, and how it proves those that it claims.
///
/// A proof stays valid: the record is not looked up again, so a tenant that removes it, or moves
/// its domain to another provider, loses nothing. A domain is lost only by a decision: the tenant or an operator
/// removes it, an operator releases it, or the tenant is deleted. After that another tenant can prove it, and the record of
/// the former tenant proves nothing, because each claim has its own token.
struct DomainService: Sendable {
    let repository: DomainRepository
    let dns: DNSResolver
    let publicSuffixes: PublicSuffixList
    let cache: EntityCache
    let logger: Logger

    /// Domains that a tenant may have and claim.
    static let maximumDomains = 100

    /// - Throws: ``DomainError/notFound``.
    func all(of tenant: Identifier) async throws -> [TenantDomain] {
        guard let domains = try await repository.all(of: tenant) else { throw DomainError.notFound }
        return domains
    }

    /// - Throws: ``DomainError/notFound``.
    func find(_ domain: DomainName, of tenant: Identifier) async throws -> TenantDomain {
        guard let found = try await repository.find(domain, of: tenant) else { throw DomainError.notFound }
        return found
    }

    /// Stores a claim, which waits for its proof.
    func claim(_ domain: DomainName, for tenant: Identifier, in context: WriteContext) async throws -> TenantDomain {
        let standing = try await repository.standing(of: domain.text, besides: tenant)
        let isPublic = standing.isMailProvider ? true : try await publicSuffixes.contains(domain)
        guard !isPublic else { throw DomainError.belongsToEverybody }
        let claim = TenantDomain.claim(domain.text, on: context.now, holder: standing.holder)
        try await change(
            tenant, DomainRepository.claim(claim, for: tenant, limit: Self.maximumDomains),
            violation: .tooMany(limit: Self.maximumDomains), in: context)
        return claim
    }

    /// Proves a claim by its record. A domain that is proven already stays as it is, without a lookup.
    func verify(_ domain: DomainName, of tenant: Identifier, in context: WriteContext) async throws -> TenantDomain {
        let found = try await provable(domain, of: tenant, in: context)
        guard found.proof == nil else { return found }
        let texts: [String]
        do {
            texts = try await dns.texts(of: domain.record)
        } catch {
            logger.warning(
                "A record that proves a domain could not be read",
                metadata: ["name": "\(domain.record)", "error": "\(error)"])
            throw DomainError.lookupFailed(error)
        }
        guard texts.contains(where: { $0.trimmingSpaces() == found.recordValue }) else {
            throw DomainError.notProven(record: domain.record.text, value: found.recordValue, found: texts.count)
        }
        return try await prove(found, of: tenant, by: .dns, in: context)
    }

    /// Proves a claim by the approval of an operator.
    func approve(_ domain: DomainName, of tenant: Identifier, in context: WriteContext) async throws -> TenantDomain {
        let found = try await provable(domain, of: tenant, in: context)
        guard found.proof == nil else { return found }
        guard try await !publicSuffixes.contains(domain) else { throw DomainError.belongsToEverybody }
        return try await prove(found, of: tenant, by: .operator, in: context)
    }

    /// Takes a domain from the tenant that holds it. The tenant still claims it, with a new token.
    func release(_ domain: DomainName, of tenant: Identifier, in context: WriteContext) async throws -> TenantDomain {
        let found = try await find(domain, of: tenant)
        let claim = TenantDomain.claim(found.name, on: found.createdOn, isPublic: found.isPublic)
        try await change(
            tenant, DomainRepository.release(domain, of: tenant, token: claim.token),
            then: DomainRepository.unlist(found.name, of: tenant, by: context.actor), violation: .notHeld, in: context)
        return claim
    }

    /// Removes a domain, proven or not.
    func remove(_ domain: DomainName, of tenant: Identifier, in context: WriteContext) async throws {
        try await change(
            tenant, DomainRepository.remove(domain, of: tenant),
            then: DomainRepository.unlist(domain.text, of: tenant, by: context.actor), violation: .notFound,
            in: context)
    }

    /// A claim that may be proven, or a domain that is.
    private func provable(
        _ domain: DomainName, of tenant: Identifier, in context: WriteContext
    ) async throws -> TenantDomain {
        let found = try await find(domain, of: tenant)
        switch found.state {
        case .proven: try await context.commitMarks(on: repository.pool)
        case .waiting: break
        case .held: throw DomainError.held
        case .public: throw DomainError.belongsToEverybody
        }
        return found
    }

    private func prove(
        _ claim: TenantDomain, of tenant: Identifier, by proof: TenantDomain.Proof, in context: WriteContext
    ) async throws -> TenantDomain {
        try await change(
            tenant, DomainRepository.prove(claim, of: tenant, by: proof, at: context.now),
            then: DomainRepository.list(claim.name, of: tenant, by: context.actor), violation: .changedMeanwhile,
            in: context)
        logger.info(
            "A tenant has proven a domain",
            metadata: ["tenantId": "\(tenant)", "domain": "\(claim.name)", "by": "\(proof.rawValue)"])
        return claim.proven(by: proof, on: context.now)
    }

    /// Changes a domain and the list of the tenant's domains in one transaction. It sees the domains of all tenants: the
    /// trigger that holds what a tenant lists has to know who else holds it.
    /// - Parameters:
    ///   - listing: Returns the new version of the tenant when its list has changed.
    ///   - violation: The error when `statement` fails as a guard.
    private func change(
        _ tenant: Identifier, _ statement: BoundStatement, then listing: BoundStatement? = nil,
        violation: DomainError, in context: WriteContext
    ) async throws {
        var batch = context.acting(in: .operatorScope(actor: context.actor)).batch(resource: tenant)
        let lock = batch.add(DomainRepository.lock(tenant))
        let change = batch.add(statement)
        let list = listing.map { batch.add($0) }
        let results: [PostgresResult]
        do {
            results = try await cache.observing(tenant) { [pool = repository.pool, batch] in try await pool.run(batch) }
        } catch let error as PostgresError {
            if error.constraint == DomainRepository.heldIndex { throw DomainError.held }
            if error.constraint == DomainRepository.primaryKey { throw DomainError.alreadyClaimed }
            guard error.isGuardViolation, let index = error.statementIndex else { throw error }
            if index == lock { throw DomainError.notFound }
            if index == change { throw violation }
            throw error
        }
        if let list, let row = results[list].first {
            await cache.invalidate([RowVersion(id: tenant, version: try row.int64(0))])
        }
    }
}
