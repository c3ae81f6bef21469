import Entities

extension Actor {
    /// Nobody that the audit columns know.
    static let system = SystemUser(identifier: nil).actor
}

extension TenantScope {
    /// Every tenant's rows, on behalf of nobody that the audit columns know.
    static let system = SystemUser(identifier: nil).scope
}
