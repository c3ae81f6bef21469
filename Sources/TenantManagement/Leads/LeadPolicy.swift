import ServiceKit

/// Who may do what with leads: they register themselves and are changed by nobody. A lead sees itself, and the users of a tenant see
/// the lead that became their tenant.
enum LeadPolicy {
    private typealias Code = PermissionCatalog

    /// The original answers changes with 405 to those who hold the permission (docs/contract/arc-api.md 5.2).
    static let access = CRUDAccess(
        create: .operators(), view: .owners(Code.viewLead), update: .owners(Code.updateLead),
        delete: .owners(Code.deleteLead))
}
