import Entities
import ServiceKit

/// Who may do what with provisionings: operators start and steer them, and a tenant's own users see how far they are.
enum ProvisioningPolicy {
    private typealias Code = PermissionCatalog

    /// Otherwise provisioning follows from an active subscription.
    static let provision: Access = .operators(Code.provisionTenant)
    static let view: Access = .owners(Code.viewProvisioning)
    static let command: Access = .operators(Code.operateProvisioning)

    /// Whether texts of errors and the decisions of operators are shown, which name servers, programs and people.
    static func showsCauses(to scope: TenantScope) -> Bool { scope.isOperator }
}
