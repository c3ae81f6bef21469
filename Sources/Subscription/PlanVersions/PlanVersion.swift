import Billing
import Entities
import JSONCoding
import Primitives

/// The price of a plan from a given day on, in several currencies. The row of the plan itself is version 0, which applies before the
/// first one.
enum PlanVersion {
    /// A scheduled version is in effect from its day on, and never changes from then on.
    enum State: String, FieldValue, CaseIterable {
        /// It has no day yet.
        case draft
        case scheduled
        case canceled
    }

    static let planID = Field.identifier("planId", access: .readOnly)
    static let number = Field.integer(
        "version", column: "number", access: .readOnly,
        description: "Versions of a plan are numbered from 1, in the order of their creation",
        example: 1)
    static let name = Field.string(
        "name", minLength: 1, maxLength: 100, pattern: .visibleText, description: "For operators",
        example: "Prices of 2027")
    static let state = Field<State>.string("state", access: .readOnly, example: "scheduled")
    static let effectiveOn = Field.string(
        "effectiveOn", format: .date,
        description: "The first day on which the version is in effect; not before today. null: it is a draft",
        example: "2099-01-01")
    static let prices = Field.object(
        "prices", schema: CatalogPrice.listSchema, required: true,
        description: "The price of one billing cycle, in each currency in which the plan can be paid",
        example: [["currency": "EUR", "amount": "90.00"], ["currency": "USD", "amount": "100.00"]])

    /// The description.
    static let entity = Entity(
        "PlanVersion", table: "plan_versions",
        description: "The price of a plan from a given day on, in several currencies.",
        tenancy: .shared, fields: [planID, number, name, state, effectiveOn, prices],
        uniqueKeys: [UniqueKey("idx_plan_versions_day", planID, effectiveOn)],
        alwaysSet: [
            planID, number, state, prices, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted,
        ])
}
