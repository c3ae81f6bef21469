package import Entities
import JSONCoding
import PostgresClient
package import Primitives
import ServiceKit

/// A customer of the operator's product.
package enum Tenant {
    /// The status of a tenant (docs/contract/arc-api.md 8.3).
    package enum Status: Int, FieldValue, CaseIterable {
        case active = 0
        case pendingProvision = 1
        case provisioning = 2
        case provisionFailed = 3
        case deprovisioning = 4
        case inactive = 5

        /// The name in the documents.
        package var name: String {
            switch self {
            case .active: "ACTIVE"
            case .pendingProvision: "PENDINGPROVISION"
            case .provisioning: "PROVISIONING"
            case .provisionFailed: "PROVISIONFAILED"
            case .deprovisioning: "DEPROVISIONING"
            case .inactive: "INACTIVE"
            }
        }

        /// Whether the tenant's users are rejected, as `main.is_blocked` has it.
        package var isBlocked: Bool { self == .deprovisioning || self == .inactive }

        /// The status after a callback.
        init(_ result: ProvisioningResult) {
            self =
                switch result {
                case .success: .active
                case .failure: .provisionFailed
                }
        }

        /// As its column has it.
        var value: PostgresValue { .int16(Int16(rawValue)) }

        /// The states from which an active subscription starts provisioning. Not INACTIVE: a suspended tenant does not return by
        /// subscribing.
        static let awaitingSubscription: [Status] = [.pendingProvision, .provisionFailed]

        /// The states from which an operator may start provisioning (docs/contract/arc-api.md 15).
        static let provisionable: [Status] = awaitingSubscription + [.inactive]
    }

    /// Longest key: it becomes part of host names and of names in databases.
    package static let maximumKeyLength = 10

    package static let name = Field.string(
        "name", maxLength: 100, pattern: .organizationName, required: true, example: "Acme"
    ).personal(.text("erased"), fiscal: true)
    package static let status = Field<Status>.integer(
        "status", width: .int16, required: true,
        description: "0 ACTIVE, 1 PENDINGPROVISION, 2 PROVISIONING, 3 PROVISIONFAILED, 4 DEPROVISIONING, 5 INACTIVE")
    package static let key = Field.string(
        "key", maxLength: maximumKeyLength, pattern: .lowercaseAlphanumeric, required: true,
        description: "Short name, unique among tenants", example: "acme")
    package static let spocUserID = Field.identifier(
        "spocUserId", description: "User who is the single point of contact"
    ).personal(.nothing)
    package static let domains = Field.strings(
        "domains", required: true, description: "Mail domains of the tenant", example: ["acme.com"]
    ).personal(.empty)
    package static let leadID = Field.identifier("leadId", description: "Lead that became this tenant")
    package static let addressID = Field.identifier("addressId")

    /// The people at the tenant.
    static let contacts = Relation.hasMany("contacts", "Contact", by: Contact.tenantID)
    /// The tenant's postal address.
    static let address = Relation.belongsTo("address", "Address", by: addressID)

    /// The description.
    package static let entity = Entity(
        "Tenant", table: "tenants", description: "A customer of the operator.", tenancy: .identity,
        fields: [name, status, key, spocUserID, domains, leadID, addressID],
        relations: [
            contacts, .hasMany("resources", "Resource", by: Resource.tenantID),
            .belongsTo("lead", "Lead", by: leadID),
            address,
        ],
        uniqueKeys: [UniqueKey("idx_tenant_key", key), UniqueKey("idx_tenant_lead", leadID)],
        alwaysSet: [name, status, key, domains, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted])
}
