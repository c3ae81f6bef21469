import ServiceKit

/// Who may do what with features, their strategies and values, also in plans: everybody with the permission reads them, and operators
/// change them.
enum FeaturePolicy {
    private typealias Code = PermissionCatalog

    static let features = CRUDAccess(
        create: Access(permissions: Code.createFeature, tenantUsers: .refused),
        view: Access(permissions: Code.viewFeature, tenantUsers: .ownRows),
        update: Access(permissions: Code.updateFeature, tenantUsers: .refused),
        delete: Access(permissions: Code.deleteFeature, tenantUsers: .refused))
    static let strategies = CRUDAccess(
        create: Access(permissions: Code.createStrategy, tenantUsers: .refused),
        view: Access(permissions: Code.viewStrategy, tenantUsers: .ownRows),
        update: Access(permissions: Code.updateStrategy, tenantUsers: .refused),
        delete: Access(permissions: Code.deleteStrategy, tenantUsers: .refused))
    static let values = CRUDAccess(
        create: Access(permissions: Code.createFeatureValues, tenantUsers: .refused),
        view: Access(permissions: Code.viewFeatureValues, tenantUsers: .ownRows),
        update: Access(permissions: Code.updateFeatureValues, tenantUsers: .refused),
        delete: Access(permissions: Code.deleteFeatureValues, tenantUsers: .refused))

    static let viewOfPlan: Access = .owners(Code.viewPlanFeatures)
    static let addToPlan: Access = .operators(Code.addPlanFeatures)
    static let changeOfPlan: Access = .operators(Code.updatePlanFeatures)
}
