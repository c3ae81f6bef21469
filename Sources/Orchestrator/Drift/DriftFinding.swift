package import JSONCoding
package import Primitives

/// A difference between what a data server should have and what it has.
package struct DriftFinding: Sendable, Hashable {
    /// What is different.
    package enum Kind: String, Sendable, CaseIterable {
        /// A role, a grant or the right to log in is missing; can be repaired.
        case missingRole = "missing-role"
        case missingLogin = "missing-login"
        case missingGrant = "missing-grant"
        /// Data is missing. An empty schema or database would hide that.
        case missingSchema = "missing-schema"
        case missingDatabase = "missing-database"
        /// The name is taken by something that is not this tenant's.
        case foreign
        /// The tenant is known, but not its place; can be repaired.
        case notPlaced = "not-placed"
        /// A place is reserved, but nobody is at work; can be repaired.
        case staleReservation = "stale-reservation"
        /// Something of a tenant that is placed elsewhere.
        case wrongPlace = "wrong-place"
        /// Something of a tenant that is not known at all.
        case orphan
        /// The server does not answer.
        case unreachable
    }

    package let server: String
    /// The name of the role, schema or database; nil for the server itself.
    package let name: String?
    package let tenant: Identifier?
    package let kind: Kind
    /// In words.
    package let detail: String
    /// Whether it was repaired or dropped by this run.
    package var isResolved = false

    /// Whether it can be repaired without loss.
    package var isRepairable: Bool {
        switch kind {
        case .missingRole, .missingLogin, .missingGrant, .notPlaced, .staleReservation: true
        default: false
        }
    }

    /// As `--json` shows it.
    package var json: JSONValue {
        [
            "server": .string(server), "name": name.map { JSONValue.string($0) } ?? .null,
            "tenantId": tenant.map { JSONValue.identifier($0) } ?? .null, "kind": .string(kind.rawValue),
            "detail": .string(detail), "isRepairable": .bool(isRepairable), "isResolved": .bool(isResolved),
        ]
    }
}
