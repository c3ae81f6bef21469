import Entities
import JSONCoding
import Primitives
import ServiceKit

/// Who may do what with API keys: operators with all of them, users of a tenant with those of their tenant, both only within
/// what they may do themselves.
struct APIKeyPolicy: Sendable {
    static let access = CRUDAccess(
        create: .owners(PermissionCatalog.createAPIKey), view: .owners(PermissionCatalog.viewAPIKey),
        update: .owners(PermissionCatalog.updateAPIKey), delete: .owners(PermissionCatalog.deleteAPIKey))

    /// What a key allows.
    struct Grants: Sendable, Hashable {
        var permissions: [String]
        var roles: [String]
    }

    let roles: RoleBook

    /// Checks that grants exist and have an effect.
    /// - Throws: `ValidationFailure`.
    func checkKnown(_ grants: Grants, of audience: APIKey.Audience) throws(ValidationFailure) {
        var details: [ValidationDetail] = []
        for (index, code) in grants.permissions.enumerated() where !PermissionCatalog.isKnown(code) {
            details.append(Self.detail(APIKey.permissions, index, code: "permission", "is not a permission code"))
        }
        let catalog = roles.catalog
        for (index, name) in grants.roles.enumerated() {
            guard let role = catalog.role(named: name) else {
                details.append(
                    Self.detail(APIKey.roles, index, code: "role", "is not a role; GET /roles lists them"))
                continue
            }
            if role.audience.rawValue != audience.rawValue {
                details.append(
                    Self.detail(
                        APIKey.roles, index, code: "audience",
                        "is a role for \(role.audience.rawValue) keys and would have no effect"))
            }
        }
        if grants.permissions.isEmpty, grants.roles.isEmpty {
            details.append(
                ValidationDetail(
                    path: APIKey.permissions.path, code: "minItems",
                    message: "must have a permission unless there is a role"))
        }
        guard details.isEmpty else { throw ValidationFailure(details) }
    }

    /// Checks that somebody holds all that a key allows.
    /// - Throws: ``APIKeyError/notHeld(_:)``.
    func checkHeld(_ grants: Grants, of audience: APIKey.Audience, by holder: Set<String>) throws(APIKeyError) {
        var details: [ValidationDetail] = []
        for (index, code) in grants.permissions.enumerated() where !holder.contains(code) {
            details.append(
                Self.detail(APIKey.permissions, index, code: "notHeld", "you do not have the permission \(code)"))
        }
        let catalog = roles.catalog
        for (index, name) in grants.roles.enumerated() {
            let allowed = catalog.permissions(of: [name], for: audience == .tenant ? .tenant : .operator)
            let foreign = allowed.subtracting(holder)
            guard let example = foreign.min() else { continue }
            details.append(
                Self.detail(
                    APIKey.roles, index, code: "notHeld",
                    "you do not have \(foreign.count) of the permissions of this role, such as \(example)"))
        }
        guard details.isEmpty else { throw .notHeld(details) }
    }

    /// Whether a caller may give a key a new secret, which the response has. With a key, only that key itself and those that were made
    /// with it can be rotated: they end when it is deleted, so that nobody keeps access by means of a key that was made otherwise.
    /// - Parameter makers: The key itself, the one that it was made with, and so on.
    static func mayRotate(madeWith makers: [Identifier], _ caller: Identity) -> Bool {
        guard case .apiKey(let own) = caller.credential else { return true }
        return makers.contains(own)
    }

    private static func detail(
        _ field: some EntityField, _ index: Int, code: String, _ message: String
    ) -> ValidationDetail {
        ValidationDetail(path: "\(field.path)/\(index)", code: code, message: message)
    }
}
