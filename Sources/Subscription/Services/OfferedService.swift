import Entities
import JSONCoding
import ServiceKit

/// A service that plans may offer.
enum OfferedService {
    static let name = Field.string(
        "name", maxLength: 100, pattern: .visibleText, required: true, example: "Notifications")

    /// The description.
    static let entity = Entity(
        "Service", table: "services", description: "A service that plans may offer.", tenancy: .shared,
        fields: [name],
        alwaysSet: [name, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted])

    /// Its operations.
    static let resource = EntityResource(
        entity, path: "/services", controller: "ServiceController",
        access: OfferedServicePolicy.access)
}
