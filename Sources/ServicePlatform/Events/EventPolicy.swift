import ServiceKit

/// Who may do what with the log of events and dead letters, which are those of all tenants: operators.
enum EventPolicy {
    static let view: Access = .operators(PermissionCatalog.viewEvents)
    static let replay: Access = .operators(PermissionCatalog.replayEvents)
    static let retry: Access = .operators(PermissionCatalog.retryEvents)
}
