import ServiceKit

extension OffboardingError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .tenantNotFound, .notRequested, .noCertificate: .entityNotFound
        case .underWay(.scheduled):
            .conflict(
                "An off-boarding with other terms is scheduled. Cancel it first: POST /tenants/{id}/deprovision/cancel.",
                code: "OFFBOARDING_EXISTS")
        case .underWay: .conflict("The resources of the tenant are being removed.", code: "OFFBOARDING_EXISTS")
        case .done: .conflict("The resources of the tenant were removed already.", code: "TENANT_OFFBOARDED")
        case .notScheduled(let state):
            .conflict(
                "Only a scheduled off-boarding can be canceled; this one is \(state.name).", code: "OFFBOARDING_STATE")
        }
    }
}
