import Entities
import JSONCoding
import PostgresClient
import Primitives

/// A tenant that is about to be inserted, wherever it comes from.
struct TenantDraft: Sendable {
    let name: String
    /// Nil to generate one from the name.
    let key: String?
    /// Domains that the tenant has.
    var domains: [String]
    /// Requested domains that are not proven.
    var waitingDomains: [String]
    let contact: TenantOnboardingInput.ContactInput
    /// Address to insert, if it has a country.
    let newAddress: AddressInput?
    /// Address that exists already: the lead's.
    let existingAddress: Identifier?
    let lead: Identifier?
    /// Tier to provision at once; nil for a tenant that waits.
    let tier: String?

    /// For domains that another tenant holds already.
    mutating func moveDomainsToWaiting() {
        waitingDomains += domains
        domains = []
    }

    /// The rows of a draft.
    struct Rows: Sendable {
        let id: Identifier
        let address: FieldValues?
        let tenant: FieldValues
        let contact: FieldValues

        /// The tenant as the event shows it (docs/contract/arc-api.md 9.3): with contacts and address, and in the
        /// status it had before.
        func eventTenant(at now: Timestamp, in scope: TenantScope, system: TenantScope) -> [UInt8] {
            var before = tenant
            before[Tenant.status] = .pendingProvision
            var writer = JSONWriter(reservingCapacity: 1024)
            writer.beginObject()
            before.writeMembers(at: now, in: scope, to: &writer)
            writer.key(Tenant.contacts.name)
            writer.beginArray()
            writer.beginObject()
            contact.writeMembers(at: now, in: scope, to: &writer)
            writer.endObject()
            writer.endArray()
            if let address {
                writer.key(Tenant.address.name)
                writer.beginObject()
                address.writeMembers(at: now, in: system, to: &writer)
                writer.endObject()
            }
            writer.endObject()
            return writer.bytes
        }
    }

    func rows(key: String, now: Timestamp) -> Rows {
        let id = Identifier.v7(at: now)
        let address = newAddress?.values(id: .v7(at: now))
        var tenant = FieldValues(Tenant.entity)
        tenant.identifier = id
        tenant[Tenant.name] = name
        tenant[Tenant.key] = key
        tenant[Tenant.domains] = domains
        let status: Tenant.Status = tier == nil ? .pendingProvision : .provisioning
        tenant[Tenant.status] = status
        tenant[Tenant.leadID] = lead
        tenant[Tenant.addressID] = address?.identifier ?? existingAddress

        var person = FieldValues(Contact.entity)
        person.identifier = .v7(at: now)
        person[Contact.firstName] = contact.firstName
        person[Contact.lastName] = contact.lastName
        person[Contact.email] = contact.email.text
        person[Contact.isPrimary] = contact.isPrimary
        person[Contact.type] = contact.type
        person[Contact.tenantID] = id
        return Rows(id: id, address: address, tenant: tenant, contact: person)
    }
}
