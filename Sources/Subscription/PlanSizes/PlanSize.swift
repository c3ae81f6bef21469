import Entities
import JSONCoding
import ServiceKit

/// A size that plans come in, and what it means to those who provision it.
enum PlanSize {
    static let size = Field.string(
        "size", minLength: 1, maxLength: 100, pattern: .visibleText, required: true, description: "Name, unique",
        example: "M")
    static let config = Field.object("config", description: "Passed to the provisioner of tenants of this size")

    /// The description.
    static let entity = Entity(
        "PlanSizes", table: "plan_sizes", description: "A size that plans come in.", tenancy: .shared,
        fields: [size, config],
        uniqueKeys: [UniqueKey("idx_plan_sizes_size", size)],
        alwaysSet: [size, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted])

    /// Its operations.
    static let resource = EntityResource(
        entity, path: "/plan-sizes", controller: "PlanSizesController",
        access: PlanSizePolicy.access)
}
