import ServiceKit

extension ProvisioningError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .subscriptionIDMissing: .badRequest("Subscription ID is required")
        case .tierMissing: .badRequest("plan.tier is required: it says how the tenant is provisioned")
        case .tenantNotFound: .entityNotFound
        case .wrongState(let status, let allowed):
            .conflict(
                "The tenant is \(status?.name ?? "in an unknown state") and can only be provisioned from \(allowed.map(\.name).joined(separator: " or "))",
                code: "TENANT_STATE")
        case .changedMeanwhile:
            .conflict(
                "The tenant was changed in the meantime. Read it again and repeat the request.",
                code: "CHANGED_MEANWHILE")
        case .planTooLarge(let limit):
            .invalidField(
                "/plan", code: "size", "makes an event of more than \(limit) bytes, tenant and contacts included")
        case .planTooDeep(let limit):
            .invalidField("/plan", code: "depth", "must NOT nest more than \(limit) levels deep")
        }
    }
}
