import ServiceKit

/// Who may revoke tokens, and see what was revoked: operators all of them, and users of a tenant those of their tenant.
enum TokenRevocationPolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .owners(Code.revokeTokens), view: .owners(Code.revokeTokens), update: .owners(Code.revokeTokens),
        delete: .owners(Code.revokeTokens))
}
