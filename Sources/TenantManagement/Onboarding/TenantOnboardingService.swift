import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import ServiceKit
import TraceRecording

/// Creates tenants, for operators and for leads: tenant, address, contact, provisioning and its event in one pipelined
/// transaction.
package struct TenantOnboardingService: Sendable {
    let pool: PostgresPool
    let leads: LeadRepository
    let domains: DomainRepository
    let tenants: EntityRepository
    let contacts: EntityRepository
    let addresses: EntityRepository
    let provisionings: ProvisioningPlanner
    let cache: EntityCache
    let configuration: TenantOnboardingConfiguration
    /// The scope of addresses, and of tenants that come from leads: no user creates them.
    let system: TenantScope

    /// A created tenant with what came with it.
    struct OnboardedTenant: Sendable {
        /// The tenant; with its relations where `contact` is nil.
        let tenant: Record
        /// Its first contact.
        let contact: Record?
        /// Its address, if it has one.
        let address: Record?
    }

    /// `POST /tenants`: a tenant made by an operator, provisioned at once unless `PROVISION_ON_CREATE=false`.
    /// - Throws: ``TenantError/contactDomainMismatch``; `RepositoryError.conflict` when the key is taken.
    func create(_ input: TenantOnboardingInput, in context: WriteContext) async throws -> OnboardedTenant {
        guard let contact = input.contact, let name = input.name else {
            throw ValidationFailure.invalidField("/contact", code: "required", "must be given")
        }
        let draft = TenantDraft(
            name: name, key: input.key, domains: input.domains, waitingDomains: [], contact: contact,
            newAddress: input.address, existingAddress: nil, lead: nil,
            tier: configuration.provisionsOnCreate ? input.tier ?? configuration.defaultTier : nil)
        return try await insert(draft, in: context)
    }

    /// `POST /leads/{id}/tenants`: a validated lead becomes a tenant, which waits for its subscription.
    /// - Parameter body: nil when it is missing, which is reported only if the lead may become a tenant.
    /// - Throws: ``TenantError``; ``ValidationFailure``.
    func onboard(
        lead id: Identifier, _ body: JSONObject?, in context: WriteContext
    ) async throws -> OnboardedTenant {
        guard let prospect = try await leads.prospect(id), prospect.isValidated, !prospect.hasTenant else {
            throw TenantError.leadNotEligible
        }
        let context = prospect.trace.map { context.within(CurrentSpan.continuing($0, as: "create tenant")) } ?? context
        guard let body else {
            throw ValidationFailure(TenantOnboardingInput.leadSchema.validate(.object([:])))
        }
        let input = try TenantOnboardingInput(body)
        if let stored = prospect.address, input.address.isGiven, !input.address.matches(stored) {
            throw TenantError.addressMismatch
        }
        guard let email = EmailAddress(prospect.email) else {
            throw TenantError.leadAddressUnusable(prospect.email)
        }
        try Self.check(input.domains, of: email)
        let draft = TenantDraft(
            name: input.name ?? prospect.companyName, key: input.key, domains: [email.domain],
            waitingDomains: input.domains.filter { $0 != email.domain },
            contact: .init(
                firstName: prospect.firstName, lastName: prospect.lastName, email: email, isPrimary: true,
                type: "admin"),
            newAddress: prospect.addressID == nil ? input.address : nil, existingAddress: prospect.addressID,
            lead: id, tier: nil)
        return try await insert(draft, in: context.acting(in: system))
    }

    /// A tenant with everything that came with it.
    func read(_ id: Identifier, in scope: TenantScope) async throws -> OnboardedTenant {
        let tenant = try await tenants.findByID(id, filter: Self.withRelations, in: scope)
        return OnboardedTenant(tenant: tenant, contact: nil, address: nil)
    }

    private static let withRelations = Filter(include: Tenant.entity.relations.map { Inclusion($0) })

    /// Inserts the draft. If a generated key is taken, it tries another one.
    private func insert(_ draft: TenantDraft, in context: WriteContext) async throws -> OnboardedTenant {
        var draft = draft
        if draft.lead == nil {
            try Self.check(draft.domains, of: draft.contact.email)
        } else {
            draft = try await withProvenDomains(draft)
        }
        if let key = draft.key, configuration.reservedTenantKeys.contains(key) { throw TenantKey.reservedFailure }
        // A reserved key gets random characters at its end, like one that is taken.
        let isReserved = configuration.reservedTenantKeys.contains(TenantKey.candidate(for: draft.name, attempt: 0))
        var attempt = isReserved ? 1 : 0
        while true {
            let key = draft.key ?? TenantKey.candidate(for: draft.name, attempt: attempt)
            do {
                return try await insert(draft, key: key, in: context)
            } catch let error as PostgresError {
                if error.constraint == DomainRepository.heldIndex, !draft.domains.isEmpty {
                    // Another lead has proven the same domain at this moment.
                    draft.moveDomainsToWaiting()
                } else if Self.mayRetry(error, draft: draft), attempt + 1 < TenantKey.maximumAttempts {
                    attempt += 1
                } else {
                    throw Self.failure(for: error, draft: draft, key: key)
                }
            }
        }
    }

    private static func check(_ domains: [String], of email: EmailAddress) throws(TenantError) {
        guard domains.contains(email.domain) else { throw .contactDomainMismatch }
    }

    /// A lead gets the domain that its e-mail address proves, unless it is a public mail provider's or another tenant holds it.
    private func withProvenDomains(_ draft: TenantDraft) async throws -> TenantDraft {
        var draft = draft
        for domain in draft.domains {
            let standing = try await domains.standing(of: domain)
            if standing.isMailProvider {
                draft.domains = []
            } else if standing.holder != nil {
                draft.moveDomainsToWaiting()
            }
        }
        return draft
    }

    /// Whether another key may help: the generated one is taken.
    private static func mayRetry(_ error: PostgresError, draft: TenantDraft) -> Bool {
        draft.key == nil && error.sqlState == .uniqueViolation && error.constraint == "idx_tenant_key"
    }

    private static func failure(for error: PostgresError, draft: TenantDraft, key: String) -> any Error {
        // Of two concurrent requests for one lead, the second one finds the lead with a tenant.
        if error.constraint == "idx_tenant_lead" { return TenantError.leadNotEligible }
        var values = FieldValues(Tenant.entity)
        values[Tenant.key] = key
        return RepositoryError.from(error, entity: Tenant.entity, values: values)
    }

    private func insert(
        _ draft: TenantDraft, key: String, in context: WriteContext
    ) async throws -> OnboardedTenant {
        let scope = context.scope
        let rows = draft.rows(key: key, now: context.now)
        // The address comes before the tenant that it belongs to.
        let settings = rows.address == nil ? [] : [WriteContext.auditTenant(rows.id)]
        var batch = context.batch(resource: rows.id, settings: settings)
        let addressIndex = try rows.address.map { batch.add(try addresses.insertStatement($0, in: system)) }
        let tenantIndex = batch.add(try tenants.insertStatement(rows.tenant, in: scope))
        if !draft.waitingDomains.isEmpty {
            batch.add(DomainRepository.insertWaiting(draft.waitingDomains, tenant: rows.id))
        }
        let contactIndex = batch.add(try contacts.insertStatement(rows.contact, in: scope))
        let plan = try draft.tier.map { tier in
            try provisionings.plan(
                tenant: rows.id, tenantJSON: rows.eventTenant(at: context.now, in: scope, system: system),
                subscription: .planOnly(tier: tier, subscriber: rows.id), in: context)
        }
        if let plan {
            batch.add(plan.insertion)
            batch.add(plan.event)
        } else {
            batch.add(try TenantCreated(tenant: rows.id).event(in: context))
        }
        // The response for a lead contains its relations. They are read in the same transaction, so that no second read can
        // fail.
        let whole = try draft.lead == nil ? nil : tenants.selectByID(rows.id, filter: Self.withRelations, in: scope)
        let wholeIndex = whole.map { batch.add($0.statement) }

        let results = try await pool.run(batch)
        guard let tenantRow = results[tenantIndex].first, let contactRow = results[contactIndex].first else {
            throw RepositoryError.unexpected(sqlState: nil)
        }
        let tenant = tenants.record(tenantRow)
        // The two writes to Redis are concurrent.
        async let copied: Void = provisionings.committed(plan)
        await cache.store(tenant)
        await copied
        if let whole, let wholeIndex, let record = tenants.records(results[wholeIndex], whole.projection).first {
            return OnboardedTenant(tenant: record, contact: nil, address: nil)
        }
        return OnboardedTenant(
            tenant: tenant, contact: contacts.record(contactRow),
            address: addressIndex.flatMap { results[$0].first.map(addresses.record) })
    }
}
