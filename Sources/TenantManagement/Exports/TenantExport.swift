import Entities
import JSONCoding
import Primitives

/// An archive of all that belongs to a tenant.
enum TenantExport {
    /// How far it is.
    enum State: String, FieldValue, CaseIterable {
        /// It is being made.
        case requested = "REQUESTED"
        case done = "DONE"
        case failed = "FAILED"
        /// It was deleted because its time was over.
        case expired = "EXPIRED"
    }

    static let state = Field<State>.string("state", access: .readOnly, example: "DONE")
    static let requestedOn = Field.timestamp("requestedOn", access: .readOnly)
    static let requestedBy = Field.string("requestedBy", maxLength: 100, access: .readOnly)
    static let lastError = Field.string("lastError", maxLength: 300, access: .readOnly)
    static let completedOn = Field.timestamp("completedOn", access: .readOnly)
    static let expiresOn = Field.timestamp(
        "expiresOn", access: .readOnly, description: "When the archive is deleted")
    static let size = Field.integer(
        "size", width: .int64, access: .readOnly, description: "Size of the archive in bytes", example: 20_480)
    static let sha256 = Field.string(
        "sha256", maxLength: 64, access: .readOnly, description: "SHA-256 of the archive, hexadecimal")
    static let tenantID = Field.identifier("tenantId", access: .readOnly)

    /// The description.
    static let entity = Entity(
        "TenantExport", table: "tenant_exports", description: "An archive of all that belongs to a tenant.",
        audit: .none, tenancy: .column(tenantID),
        fields: [
            state, requestedOn, requestedBy, lastError, completedOn, expiresOn, size, sha256, tenantID,
        ], alwaysSet: [state, requestedOn, tenantID])
}
