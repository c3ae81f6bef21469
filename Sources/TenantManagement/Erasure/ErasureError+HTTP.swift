import ServiceKit

extension ErasureError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .tenantNotFound, .notErased: .entityNotFound
        case .notOffboarded:
            .conflict(
                "Only the data of a tenant whose resources were removed can be erased: POST /tenants/{id}/deprovision.",
                code: "TENANT_NOT_OFFBOARDED")
        }
    }
}
