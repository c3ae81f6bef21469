import Primitives
import ServiceKit

/// Who may make tenants: operators, and a lead its own with the token that only it has.
enum OnboardingPolicy {
    private typealias Code = PermissionCatalog

    static let create = TenantPolicy.access.create
    /// The operation itself checks that the token is the lead's: ``isLead(_:_:)``.
    static let createFromLead: Access = .owners()

    /// Whether the caller is the lead of that id, as its token has it. Somebody else whose id happens to be the same is not.
    static func isLead(_ id: String, _ caller: Identity) -> Bool {
        guard case .lead = caller.kind else { return false }
        return caller.id?.hasSameBytes(as: id) == true
    }
}
