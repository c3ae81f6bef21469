import Entities
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit
import TraceRecording

/// The rules of registration and verification.
package struct LeadService: Sendable {
    let pool: PostgresPool
    let leads: LeadRepository
    let leadEntities: EntityRepository
    let addressEntities: EntityRepository
    let notifications: NotificationQueue
    let tokens: TokenIssuer
    /// For programs that look up keys in Redis; nil unless they are configured.
    let entries: LeadKeyEntries?
    let configuration: LeadConfiguration

    /// What a registration has made.
    struct Registration: Sendable {
        let id: Identifier
        let key: LeadKey
    }

    /// Registers a lead and mails it the key that proves the address: lead, address, key and mail in one transaction.
    ///
    /// An address that is already validated gets a mail that says so instead. Everything else is the same, the work
    /// included, so that the response does not reveal who is registered.
    /// - Parameter email: The address in the body, see ``email(_:)``.
    /// - Throws: ``LeadError/addressTaken`` for a validated address with `LEAD_DUPLICATE_RESPONSE=conflict`.
    func register(_ body: JSONObject, email: EmailAddress, in context: WriteContext) async throws -> Registration {
        let isKnown = try await leads.isValidated(email)
        if isKnown, configuration.duplicateLeadResponse == .conflict { throw LeadError.addressTaken }

        let now = context.now
        let id = Identifier.v7(at: now)
        let key = LeadKey.random(length: configuration.leadKeyLength)
        let scope = context.scope
        var batch = context.batch(resource: id, settings: LeadRepository.settings(context.trace))
        var lead = FieldValues(Lead.entity)
        lead.identifier = id
        for field in [Lead.firstName, Lead.lastName, Lead.companyName] { lead[field] = body.value(of: field) ?? "" }
        lead[Lead.email] = email.text
        lead[Lead.isValidated] = false
        if let address = AddressInput(body[Lead.address.name]?.objectValue).values(id: .v7(at: now)) {
            lead[Lead.addressID] = address.identifier
            batch.add(try addressEntities.insertStatement(address, in: scope))
        }
        batch.add(try leadEntities.insertStatement(lead, in: scope))
        batch.add(LeadRepository.insertKey(key, lead: id, expires: now.adding(configuration.leadKeyLifetime)))
        let name = body.value(of: Lead.firstName) ?? ""
        let link = "\(configuration.validateURL)/\(id)?code=\(key.text)"
        batch.add(
            try notifications.statement(
                isKnown ? .leadKnown(to: email.text) : .leadVerification(to: email.text, name: name, link: link),
                tenant: nil, now: now))
        // Before the commit: nothing may fail after it.
        let token = entries == nil ? nil : try await self.token(of: id)
        _ = try await pool.run(batch)
        if let token { await entries?.store(key, token: token) }
        notifications.wakeUp()
        return Registration(id: id, key: key)
    }

    /// Exchanges a key for a token that is valid for this lead only.
    /// - Throws: ``LeadError/keyRefused``; ``LeadError/addressTaken`` when another lead with this address was validated first.
    func verify(lead id: Identifier, key: LeadKey, in context: WriteContext) async throws -> String {
        guard (1...256).contains(key.text.utf8.count) else { throw LeadError.keyRefused }
        do {
            guard case .validated(let trace) = try await leads.redeem(key, lead: id, in: context) else {
                throw LeadError.keyRefused
            }
            // From here to its tenant, everything that concerns the lead is one trace.
            if let trace { _ = CurrentSpan.continuing(trace, as: "verify lead") }
        } catch let error as PostgresError where error.sqlState == .uniqueViolation {
            throw LeadError.addressTaken
        }
        await entries?.remove(key)
        return try await token(of: id)
    }

    /// A token that is valid for this lead only.
    func token(of id: Identifier) async throws -> String {
        try await tokens.issue(
            TokenIssuer.Claims(
                id: id.description, userTenantID: id.description, tenantID: id.description,
                role: Identity.Kind.leadRole, permissions: configuration.leadTokenPermissions),
            lifetime: configuration.leadTokenLifetime)
    }

    /// The address in the body of a registration.
    /// - Throws: ``ValidationFailure`` when it is not an address.
    static func email(_ body: JSONObject) throws(ValidationFailure) -> EmailAddress {
        guard let email = EmailAddress(body.value(of: Lead.email) ?? "") else {
            throw ValidationFailure([.format(Lead.email.path, "email")])
        }
        return email
    }
}
