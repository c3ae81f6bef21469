import Entities
import JSONCoding
import Primitives

/// A change of price for all existing subscribers of a plan, made or only computed (dry run). Workers go through the subscriptions.
enum Repricing {
    enum State: String, FieldValue, CaseIterable {
        /// Workers go through the subscriptions.
        case running
        case done
        /// It cannot go on: the last error says why.
        case failed
        /// Somebody has stopped it; what was done stays.
        case canceled
    }

    static let planID = Field.identifier("planId", access: .readOnly)
    static let versionID = Field.identifier("versionId", access: .readOnly)
    static let isDryRun = Field.boolean(
        "dryRun", column: "is_dry_run", access: .readOnly, description: "Whether it only finds out what would change",
        example: true)
    static let note = Field.string(
        "note", minLength: 1, maxLength: 200, pattern: .visibleText, access: .readOnly, description: "For operators",
        example: "Announced in October")
    static let state = Field<State>.string("state", access: .readOnly, example: "done")
    static let prices = Field.object(
        "prices", schema: .array(of: .freeObject), access: .readOnly, description: "Those of the version",
        example: [["currency": "USD", "amount": "120.00"]])
    static let checked = Field.integer(
        "checked", minimum: 0, access: .readOnly, description: "Subscriptions checked so far", example: 12)
    static let affected = Field.integer(
        "affected", minimum: 0, access: .readOnly, description: "Subscriptions whose price changes", example: 10)
    static let skipped = Field.integer(
        "skipped", minimum: 0, access: .readOnly,
        description: "Subscriptions whose price stays for a reason, which each of them shows",
        example: 1)
    static let totals = Field.object(
        "totals", schema: totalsSchema, access: .readOnly,
        description:
            "By currency, once it is done: what the affected subscriptions cost in an average month, before discounts and taxes",
        example: [
            [
                "currency": "USD", "subscriptions": 10, "before": "1000.00", "after": "1200.00", "difference": "200.00",
            ]
        ])
    static let lastError = Field.string("lastError", maxLength: 300, access: .readOnly, example: "PostgresError")

    private static let totalsSchema = Schema.array(
        of: .object(
            [
                .init("currency", .string(), required: true), .init("subscriptions", .integer(), required: true),
                .init("before", .string(), required: true), .init("after", .string(), required: true),
                .init("difference", .string(), required: true),
            ], name: "RepricingTotal"))

    /// The description.
    static let entity = Entity(
        "Repricing", table: "plan_repricings",
        description: "A change of price for all existing subscribers of a plan, made or only computed (dry run).",
        tenancy: .operatorOnly,
        fields: [planID, versionID, isDryRun, note, state, prices, checked, affected, skipped, totals, lastError],
        alwaysSet: [
            planID, versionID, isDryRun, state, prices, checked, affected, skipped, AuditBlock.createdOn,
            AuditBlock.modifiedOn, AuditBlock.deleted,
        ])
}
