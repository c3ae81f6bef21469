import Entities
import JSONCoding

/// Prepaid credit of a tenant, which its invoices use up.
enum CreditGrant {
    static let tenantID = Field.identifier("tenantId", required: true, description: "Whose invoices it pays")
    static let name = Field.string(
        "name", minLength: 1, maxLength: 200, pattern: .visibleText, description: "Name for display", example: "Welcome"
    ).personal(.nothing)
    static let currencyCode = Field.string(
        "currencyCode", maxLength: 3, pattern: .currencyCode, required: true, example: "USD")
    static let amount = Field.integer(
        "amount", width: .int64, minimum: 1, maximum: 1_000_000_000_000_000, required: true,
        description: "In minor units; cannot be changed", example: 10_000)
    static let remaining = Field.integer(
        "remaining", width: .int64, access: .readOnly, description: "What is left of it", example: 7_500)
    static let priority = Field.integer(
        "priority", width: .int16, minimum: 0, maximum: 1000,
        description: "The smallest is used first; of equal ones, what expires first (default: 100)", example: 100)
    static let meters = Field.object(
        "meters",
        schema: .array(
            of: .string(minLength: 1, maxLength: Meter.maximumKeyLength, pattern: .token), uniqueItems: true,
            maxItems: 50),
        nullable: true, description: "Keys of the meters whose usage it pays; null: everything", example: ["api-calls"])
    static let expiresOn = Field.timestamp(
        "expiresOn", description: "When the rest of it expires; null: never", example: "2027-01-01T00:00:00.000Z")
    static let isPaid = Field.boolean(
        "isPaid", description: "Whether the tenant has paid for it (default: false)", example: true)
    static let revokedOn = Field.timestamp(
        "revokedOn", access: .readOnly, description: "When what was left of it was taken back; null: never",
        example: "2026-06-30T12:00:00.000Z")

    /// The description.
    static let entity = Entity(
        "CreditGrant", table: "credit_grants", description: "Prepaid credit of a tenant.",
        tenancy: .column(tenantID),
        fields: [tenantID, name, currencyCode, amount, remaining, priority, meters, expiresOn, isPaid, revokedOn],
        alwaysSet: [
            tenantID, currencyCode, amount, remaining, priority, isPaid, AuditBlock.createdOn, AuditBlock.modifiedOn,
            AuditBlock.deleted,
        ])
}
