import Billing
import Entities
import JSONCoding
import ServiceKit

/// How often a plan is billed.
enum PlanCycle {
    /// `day`, `week`, `month`, `year`, also in the plural, in any case (docs/contract/arc-api.md 15).
    private static let unit = Pattern(
        regex: "^([Dd][Aa][Yy]|[Ww][Ee][Ee][Kk]|[Mm][Oo][Nn][Tt][Hh]|[Yy][Ee][Aa][Rr])[Ss]?$"
    ) {
        (try? BillingCycle.Unit($0)) != nil
    }

    static let cycleName = Field.string(
        "cycleName", maxLength: 100, pattern: .visibleText, required: true, example: "QUARTERLY")
    static let duration = Field.integer("duration", minimum: 1, maximum: 9999, required: true, example: 3)
    static let durationUnit = Field.string(
        "durationUnit", maxLength: 50, pattern: unit, required: true,
        description: "day, week, month or year; the plural is the same", example: "months")
    static let description = Field.string("description", maxLength: 500, example: "Billing occurs every quarter.")

    /// The description.
    static let entity = Entity(
        "BillingCycle", table: "billing_cycles", description: "How often a plan is billed.", tenancy: .shared,
        fields: [cycleName, duration, durationUnit, description],
        alwaysSet: [cycleName, duration, durationUnit, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted])

    /// Its operations. The controller's spelling is the original's, by which generated clients call them.
    static let resource = EntityResource(
        entity, path: "/billing-cycles", controller: "BillinCycleController",
        access: BillingCyclePolicy.access)
}
