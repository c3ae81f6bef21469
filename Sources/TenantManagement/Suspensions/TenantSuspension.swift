import Entities
import JSONCoding
import Primitives

/// A reason for which a tenant is, or was, suspended. A tenant is suspended as long as one of them has not ended.
enum TenantSuspension {
    /// Why.
    enum Reason: String, FieldValue, CaseIterable {
        case billing
        case abuse
        case legal
        case operatorDecision = "operator"
    }

    static let maximumNoteLength = 1000

    static let reason = Field<Reason>.string("reason", access: .readOnly, example: "billing")
    static let note = Field.string("note", maxLength: maximumNoteLength, access: .readOnly).personal(.nothing)
    static let previousStatus = Field<Tenant.Status>.integer(
        "previousStatus", width: .int16, access: .readOnly,
        description: "The status of the tenant before; 5 (INACTIVE) if it was suspended already")
    static let suspendedOn = Field.timestamp("suspendedOn", access: .readOnly)
    static let suspendedBy = Field.string("suspendedBy", maxLength: 100, access: .readOnly)
    static let endedOn = Field.timestamp(
        "endedOn", access: .readOnly, description: "When the reason was removed; null while it holds")
    static let endedBy = Field.string("endedBy", maxLength: 100, access: .readOnly)
    static let endNote = Field.string("endNote", maxLength: maximumNoteLength, access: .readOnly)
        .personal(.nothing)
    static let tenantID = Field.identifier("tenantId", access: .readOnly)

    /// The description.
    static let entity = Entity(
        "TenantSuspension", table: "tenant_suspensions", description: "A reason for which a tenant is suspended.",
        audit: .none, tenancy: .column(tenantID),
        fields: [
            reason, note, previousStatus, suspendedOn, suspendedBy, endedOn, endedBy, endNote, tenantID,
        ], alwaysSet: [reason, previousStatus, suspendedOn, tenantID])
}
