import Billing
import Entities
import JSONCoding
import Primitives

/// What a plan costs from a day on, in several currencies. The row of the plan itself is version 0, which counts before the first one.
enum PlanVersion {
    /// What becomes of a version. One that is scheduled counts from its day on, and is never changed again from then on.
    enum State: String, FieldValue, CaseIterable {
        /// It has no day yet.
        case draft
        case scheduled
        case canceled
    }

    static let planID = Field.identifier("planId", access: .readOnly)
    static let number = Field.integer(
        "version", column: "number", access: .readOnly, description: "From 1, in the order in which they were made",
        example: 1)
    static let name = Field.string(
        "name", minLength: 1, maxLength: 100, pattern: .visibleText, description: "For operators",
        example: "Prices of 2027")
    static let state = Field<State>.string("state", access: .readOnly, example: "scheduled")
    static let effectiveOn = Field.string(
        "effectiveOn", format: .date,
        description: "The first day that it counts, until the next one does; not before today. null: it is a draft",
        example: "2099-01-01")
    static let prices = Field.object(
        "prices", schema: CatalogPrice.listSchema, required: true,
        description: "What a billing cycle of the plan costs, in each currency that it can be paid in",
        example: [["currency": "EUR", "amount": "90.00"], ["currency": "USD", "amount": "100.00"]])

    /// The description.
    static let entity = Entity(
        "PlanVersion", table: "plan_versions", description: "What a plan costs from a day on, in several currencies.",
        tenancy: .shared, fields: [planID, number, name, state, effectiveOn, prices],
        uniqueKeys: [UniqueKey("idx_plan_versions_day", planID, effectiveOn)],
        alwaysSet: [
            planID, number, state, prices, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted,
        ])
}
