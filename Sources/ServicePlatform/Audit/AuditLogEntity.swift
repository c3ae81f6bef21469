package import Entities
import JSONCoding
import Primitives

/// What somebody has changed: a row of the audit log. Nobody changes or deletes one.
package enum AuditLogEntity {
    static let recordedOn = Field.timestamp(
        "recordedOn", access: .readOnly, description: "When the change was made, by the clock of the database")
    static let tenantID = Field.identifier(
        "tenantId", access: .readOnly, description: "The tenant whose row was changed; null for the operator's")
    static let actor = Field.string("actor", access: .readOnly, description: "The user who made the change")
    static let actorKind = Field.string(
        "actorKind", oneOf: WriteOrigin.Kind.allCases.map(\.rawValue), access: .readOnly,
        description: "`external` is a request without a token, such as a signed callback")
    static let credential = Field.string(
        "credential", access: .readOnly,
        description: "What the actor has shown: `token:<jti>`, `api-key:<id>`, `session:<id>`, or `event:<id>`")
    static let entityName = Field.string("entity", access: .readOnly, example: "Contact")
    static let entityID = Field.identifier("entityId", access: .readOnly)
    static let action = Field.string(
        "action", access: .readOnly, description: "`create`, `update`, `delete`, `restore`, `erase`, or a command",
        example: "update")
    static let before = Field.object(
        "before", access: .readOnly, description: "What was changed, before; secrets are hidden")
    static let after = Field.object("after", access: .readOnly, description: "The same afterwards")
    static let requestID = Field.string(
        "requestId", access: .readOnly, description: "`X-Request-Id` of the request")
    static let traceID = Field.string("traceId", access: .readOnly)
    static let sequence = Field.integer(
        "sequence", width: .int64, access: .readOnly,
        description: "Number in the chain of the tenant, without gaps; null for a moment after the change")
    static let hash = Field.string(
        "hash", access: .readOnly, description: "SHA-256 over this row and the hash of the one before it")
    static let erasedOn = Field.timestamp(
        "erasedOn", access: .readOnly, description: "When personal data was erased from this row")

    package static let entity = Entity(
        "AuditLog", table: "audit_logs", description: "A change that was made, by whom and when.", audit: .none,
        tenancy: .column(tenantID),
        fields: [
            recordedOn, tenantID, actor, actorKind, credential, entityName, entityID, action, before, after, requestID,
            traceID, sequence, hash, erasedOn,
        ], alwaysSet: [recordedOn, actorKind, entityName, action])
}
