import Entities
import HTTPTypes
import JSONCoding
import MessageBus
import PostgresClient
package import Primitives
import ServiceKit

/// Creates tenants, for operators and for leads: tenant, address, contact, provisioning and its event in one pipelined
/// transaction.
package struct TenantOnboardingService: Sendable {
    let pool: PostgresPool
    let leads: LeadRepository
    let tenants: EntityRepository
    let contacts: EntityRepository
    let addresses: EntityRepository
    let provisionings: ProvisioningPlanner
    let cache: EntityCache
    let configuration: TenantManagementConfiguration
    let clock: any WallClock

    /// Whose addresses are, and tenants that come from leads (contract 3.5).
    private var system: TenantScope { configuration.systemUser.scope }

    /// A created tenant as the API answers it: with contact and address, and the lead when it came from one.
    package struct OnboardedTenant: Sendable {
        /// The tenant.
        package let id: Identifier
        /// Version of its row.
        package let version: Int64
        /// What the API answers.
        package let json: [UInt8]
    }

    /// `POST /tenants`: a tenant made by an operator, provisioned at once unless `PROVISION_ON_CREATE=false`.
    /// - Throws: 400 when the contact's domain is not the tenant's, 409 when the key is taken.
    func create(
        _ input: TenantOnboardingInput, in scope: TenantScope, for request: OperationRequest
    ) async throws -> OnboardedTenant {
        guard let contact = input.contact, let name = input.name else {
            throw HTTPFailure.invalidField("/contact", code: "required", "must be given")
        }
        let draft = TenantDraft(
            name: name, key: input.key, domains: input.domains, waitingDomains: [], contact: contact,
            newAddress: input.address,
            existingAddress: nil, lead: nil,
            tier: configuration.provisionsOnCreate ? input.tier ?? configuration.defaultTier : nil)
        return try await insert(draft, in: scope, for: request)
    }

    /// `POST /leads/{id}/tenants`: a validated lead becomes a tenant, which waits for its subscription.
    /// - Throws: 401 when the lead is not validated or has a tenant, 400 when the address differs from the lead's.
    func onboard(lead id: Identifier, for request: OperationRequest) async throws -> OnboardedTenant {
        guard let prospect = try await leads.prospect(id), prospect.isValidated, !prospect.hasTenant else {
            throw HTTPFailure.unauthorized
        }
        guard let body = request.body?.objectValue else {
            throw HTTPFailure.validation(TenantOnboardingInput.leadSchema.validate(.object([:])))
        }
        let input = try TenantOnboardingInput(body)
        if let stored = prospect.address, input.address.isGiven, !input.address.matches(stored) {
            throw HTTPFailure.badRequest("Address mismatch with Lead")
        }
        guard let email = EmailAddress(prospect.email) else {
            throw HTTPFailure.unprocessable("The lead's e-mail address \(prospect.email) is not valid")
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
        let tenant = try await insert(draft, in: system, for: request)
        return try await read(tenant.id, in: system)
    }

    /// The answer of a creation that took effect and whose answer was lost.
    func recover(_ recovery: OperationRecovery) async throws -> OnboardedTenant {
        try await read(try recovery.created(), in: recovery.scope)
    }

    /// The tenant with everything that came with it.
    private func read(_ id: Identifier, in scope: TenantScope) async throws -> OnboardedTenant {
        let filter = Filter(include: Tenant.entity.relations.map { Inclusion($0.name) })
        let tenant = try await tenants.findById(id, filter: filter, in: scope)
        return OnboardedTenant(id: id, version: try tenant.version, json: tenant.json)
    }

    /// Inserts the draft; a generated key that turns out to be taken is replaced by another one.
    private func insert(
        _ draft: TenantDraft, in scope: TenantScope, for request: OperationRequest
    ) async throws -> OnboardedTenant {
        var draft = draft
        if draft.lead == nil {
            try Self.check(draft.domains, of: draft.contact.email)
        } else {
            draft = try await withProvenDomains(draft)
        }
        if let key = draft.key, configuration.reservedTenantKeys.contains(key) { throw TenantKey.reservedFailure }
        var attempt = 0
        while true {
            let key = draft.key ?? TenantKey.candidate(for: draft.name, attempt: attempt)
            if draft.key == nil, configuration.reservedTenantKeys.contains(key), attempt == 0 {
                attempt += 1
                continue
            }
            do {
                return try await insert(draft, key: key, in: scope, for: request)
            } catch let error as PostgresError {
                attempt += 1
                // Somebody else has proven the same domain at this moment.
                if error.constraint == "idx_tenant_domain_proven", !draft.domains.isEmpty {
                    draft.moveDomainsToWaiting()
                    continue
                }
                guard Self.mayRetry(error, draft: draft), attempt < TenantKey.maximumAttempts else {
                    throw Self.failure(for: error, draft: draft, key: key)
                }
            }
        }
    }

    private static func check(_ domains: [String], of email: EmailAddress) throws(HTTPFailure) {
        guard domains.contains(email.domain) else {
            throw .badRequest("Contact email domain does not match tenant domains")
        }
    }

    /// A lead has the domain that its e-mail proves: none at a public mail provider, and none that another tenant holds.
    private func withProvenDomains(_ draft: TenantDraft) async throws -> TenantDraft {
        var draft = draft
        for domain in draft.domains {
            switch try await leads.standing(ofDomain: domain) {
            case .free: break
            case .held: draft.moveDomainsToWaiting()
            case .public: draft.domains = []
            }
        }
        return draft
    }

    /// Whether another key may help: the one that was made is taken.
    private static func mayRetry(_ error: PostgresError, draft: TenantDraft) -> Bool {
        draft.key == nil && error.sqlState == .uniqueViolation && error.constraint == "idx_tenant_key"
    }

    private static func failure(for error: PostgresError, draft: TenantDraft, key: String) -> any Error {
        // Of two requests for one lead at the same time, the second finds the lead with a tenant (contract 5.2).
        if error.constraint == "idx_tenant_lead" { return HTTPFailure.unauthorized }
        var values = FieldValues(Tenant.entity)
        values["key"] = .text(key)
        return RepositoryError.from(error, entity: Tenant.entity, values: values)
    }

    private func insert(
        _ draft: TenantDraft, key: String, in scope: TenantScope, for request: OperationRequest
    ) async throws -> OnboardedTenant {
        let now = clock.now()
        let rows = draft.rows(key: key, now: now)
        var batch = PostgresBatch(settings: scope.settings)
        var addressIndex: Int?
        if let address = rows.address {
            addressIndex = batch.add(try addresses.insertStatement(address, in: system))
        }
        let tenantIndex = batch.add(try tenants.insertStatement(rows.tenant, in: scope))
        if !draft.waitingDomains.isEmpty {
            batch.add(LeadRepository.insertWaiting(draft.waitingDomains, tenant: rows.id))
        }
        let contactIndex = batch.add(try contacts.insertStatement(rows.contact, in: scope))
        var plan: ProvisioningPlanner.Plan?
        if let tier = draft.tier {
            let planned = try provisionings.plan(
                tenant: rows.id, tenantJSON: rows.eventTenant(at: now, in: scope, system: system),
                subscription: .planOnly(tier: tier, subscriber: rows.id), now: now,
                traceparent: request.traceparent)
            batch.add(contentsOf: planned.statements)
            batch.add(planned.event)
            plan = planned
        }
        batch.add(contentsOf: request.alongside(resource: rows.id))
        let results = try await pool.run(batch)
        guard let tenantRow = results[tenantIndex].first, let contactRow = results[contactIndex].first else {
            throw HTTPFailure.internalError
        }
        let tenant = tenants.record(tenantRow)
        var writer = JSONWriter(reservingCapacity: 1536)
        writer.beginObject()
        tenant.writeMembers(to: &writer)
        writer.key("contacts")
        writer.beginArray()
        contacts.record(contactRow).write(to: &writer)
        writer.endArray()
        if let addressIndex, let row = results[addressIndex].first {
            writer.key("address")
            addresses.record(row).write(to: &writer)
        }
        writer.endObject()
        // Two writes to Redis that do not wait for each other.
        let begun = plan
        async let copied: Void = provisionings.committed(begun)
        let version = try tenant.version
        await cache.store(rows.id, version: version, bytes: tenant.buffer)
        await copied
        return OnboardedTenant(id: rows.id, version: version, json: writer.bytes)
    }
}
