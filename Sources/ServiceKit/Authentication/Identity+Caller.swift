extension Identity.Kind {
    /// The kind of caller as observers of requests name it.
    var caller: CallerKind {
        switch self {
        case .operator: .operator
        case .tenantUser: .tenantUser
        case .lead: .lead
        case .service: .service
        }
    }
}
