import ServiceKit

extension MoveError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .tenantNotFound: .entityNotFound
        case .wrongState(let status):
            .conflict(
                "The tenant is \(status?.name ?? "in an unknown state"). Only a tenant that is ACTIVE or INACTIVE can be moved.",
                code: "TENANT_STATE")
        case .busy:
            .conflict(
                "The tenant is being provisioned, moved or removed. Repeat the request when that has ended.",
                code: "PROVISIONING_OPEN")
        case .withoutTarget:
            .invalidField("/target", code: "required", "must be given, or server: where shall the tenant be moved to?")
        case .nothingToConfirm:
            .conflict("The tenant was never moved, so there is no old copy.", code: "NO_MOVE")
        case .notEnded:
            .conflict("The move has not ended yet. Repeat the request when it has.", code: "MOVE_OPEN")
        case .failed:
            .conflict("No move of the tenant has succeeded, so there is no old copy.", code: "MOVE_FAILED")
        }
    }
}
