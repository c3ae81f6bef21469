import Entities
import JSONCoding
import ServiceKit

/// A size that plans come in, and what it means to those who provision it.
enum PlanSize {
    /// The description.
    static let entity = Entity(
        "PlanSizes", table: "plan_sizes", description: "A size that plans come in.", tenancy: .shared,
        fields: [
            .string(
                "size", minLength: 1, maxLength: 100, pattern: .visibleText, required: true,
                description: "Name, unique", example: "M"),
            .object("config", description: "Passed to the provisioner of tenants of this size"),
        ],
        uniqueKeys: [UniqueKey("idx_plan_sizes_size", "size")],
        alwaysSet: ["size", "createdOn", "modifiedOn", "deleted"])

    /// Its operations.
    static let resource = EntityResource(
        entity, path: "/plan-sizes", controller: "PlanSizesController",
        permissions: CRUDPermissions(create: ["7030"], view: ["7029"], update: ["7031"], delete: ["7032"]),
        writers: .operators)
}
