package import Entities

extension Identity {
    /// The caller as the audit log names it.
    package func origin(of requestID: String) -> WriteOrigin {
        WriteOrigin(
            kind.originKind, actor: auditID.map { Actor(id: $0) }, credential: credential.auditName,
            requestID: requestID)
    }
}

extension Identity.Kind {
    fileprivate var originKind: WriteOrigin.Kind {
        switch self {
        case .operator: .operator
        case .tenantUser: .tenantUser
        case .lead: .lead
        case .service: .service
        }
    }
}

extension Identity.Credential {
    /// The kind of credential with its identity, which is no secret.
    fileprivate var auditName: String {
        switch self {
        case .token(let id): id.map { "token:\($0)" } ?? "token"
        case .apiKey(let id): "api-key:\(id)"
        case .session(let id): "session:\(id)"
        }
    }
}
