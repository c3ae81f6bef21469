import Entities
import ServiceKit

/// Who may do what with mail domains: a claim gives a tenant's users nothing before it is proven, and operators decide without a
/// proof.
enum DomainPolicy {
    private typealias Code = PermissionCatalog

    static let view = TenantPolicy.access.view
    static let claim: Access = .owners(Code.updateTenant)
    static let verify: Access = .owners(Code.updateTenant)
    static let remove: Access = .owners(Code.updateTenant)
    static let approve: Access = .operators(Code.updateTenant)
    static let release: Access = .operators(Code.updateTenant)

    /// Whether the tenant that holds a domain is shown, which may be another one.
    static func showsHolder(to scope: TenantScope) -> Bool { scope.isOperator }
}
