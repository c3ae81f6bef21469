import Entities
import JSONCoding
import ServiceKit

extension TenantStateError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .tenantNotFound: return .entityNotFound
        case .illegal(let from, let to, let cause): return Self.illegal(from, to, cause)
        case .suspended(let reasons):
            var failure = HTTPFailure.conflict(
                "The tenant is suspended for \(reasons.joined(separator: ", ")). It returns when POST /tenants/{id}/reactivate has removed each reason.",
                code: "TENANT_SUSPENDED")
            failure.details = [
                ValidationDetail(
                    path: "/status", code: "suspended", message: "other reasons are left",
                    info: ["reasons": .array(reasons.map { .string($0) })])
            ]
            return failure
        case .erased:
            return .conflict("The personal data of the tenant was erased; it cannot return.", code: "TENANT_ERASED")
        case .offboarded:
            return .conflict(
                "The resources of the tenant were removed. It can be provisioned again: POST /tenants/{id}/provision.",
                code: "TENANT_OFFBOARDED")
        }
    }

    private static func illegal(
        _ from: Tenant.Status?, _ to: Tenant.Status?, _ cause: TenantTransition.Cause
    ) -> HTTPFailure {
        let legal = from.map { TenantTransition.next(after: $0, by: cause) } ?? []
        let names = legal.map(\.name).joined(separator: ", ")
        let state = from?.name ?? "in an unknown state"
        let goal = to.map { "cannot become \($0.name) by this request" } ?? "cannot be deleted now"
        let rest = legal.isEmpty ? "" : " From there, it can become: \(names)."
        var failure = HTTPFailure.conflict("A tenant that is \(state) \(goal).\(rest)", code: "TENANT_STATE")
        failure.details = [
            ValidationDetail(
                path: "/status", code: "transition", message: "is not a legal change; see GET /tenants/transitions",
                info: [
                    "from": from.map { JSONValue.integer($0.rawValue) } ?? .null,
                    "to": to.map { JSONValue.integer($0.rawValue) } ?? .null,
                    "legal": .array(legal.map { .integer($0.rawValue) }),
                ])
        ]
        return failure
    }
}
