import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

extension SubscriptionError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .illegalStatus(let from, let to): return Self.illegal(from, to)
        case .billedByEngine(let member):
            var failure = HTTPFailure.conflict(
                "The billing engine bills the subscription: \(member) changes by its actions, such as POST /subscriptions/{id}/change.",
                code: "SUBSCRIPTION_BILLED")
            failure.details = [
                ValidationDetail(path: "/\(member)", code: "billed", message: "changes by actions only", info: [:])
            ]
            return failure
        default: return plainFailure
        }
    }

    private static func illegal(
        _ from: TenantSubscription.Status, _ to: TenantSubscription.Status
    ) -> HTTPFailure {
        let legal = SubscriptionStateChange.next(after: from, by: .operatorChange)
        let names = legal.map(\.name).joined(separator: ", ")
        let rest = legal.isEmpty ? "" : " From there, it can become: \(names)."
        var failure = HTTPFailure.conflict(
            "A subscription that is \(from.name) cannot become \(to.name) by this request.\(rest)",
            code: "SUBSCRIPTION_STATE")
        failure.details = [
            ValidationDetail(
                path: "/status", code: "transition",
                message: "is not a legal change; see GET /subscriptions/transitions",
                info: [
                    "from": .integer(from.rawValue), "to": .integer(to.rawValue),
                    "legal": .array(legal.map { .integer($0.rawValue) }),
                ])
        ]
        return failure
    }

    private var plainFailure: HTTPFailure {
        switch self {
        case .illegalStatus, .billedByEngine: .conflict()
        case .subscriberNotFound, .planNotFound: .entityNotFound
        case .subscriberNotActive:
            .conflict(
                "The tenant does not exist, or is deleted or suspended, and cannot subscribe.", code: "TENANT_STATE")
        case .subscriberUnknown:
            .conflict(
                "There is no such tenant, or tenant management has not reported it yet. Repeat the request in a moment if the tenant is new.",
                code: "TENANT_UNKNOWN")
        case .reservedToOperators(let member): .reservedToOperators("/\(member)")
        case .invoiceInUse:
            .conflict("The invoice backs another subscription already.", code: "INVOICE_IN_USE")
        case .invoiceMismatch(let reason): .invalidField(TenantSubscription.invoiceID.path, code: "invoice", reason)
        case .planNotBillable(let message): .invalidField(TenantSubscription.planID.path, code: "plan", message)
        case .noPriceIn(let currency):
            .invalidField(
                "/currency", code: "currency",
                "is \(currency), in which the plan has no price on that day; see GET /plans/{id}/prices")
        case .planUnfitForEvents:
            .invalidField(
                TenantSubscription.planID.path, code: "plan",
                "names a plan whose metaData is too large or too deep for an event")
        case .quotaExceeded(let quota):
            .conflict(
                "The tenant cannot have more than \(quota.limit) active or pending subscriptions\(quota.plan == nil ? "" : " to this plan"). Cancel one of them, or raise the quota.",
                code: "SUBSCRIPTION_QUOTA_EXCEEDED")
        case .tooManyReservations(let limit):
            HTTPFailure(
                .unprocessableContent, name: "UnprocessableEntityError",
                message: .string(
                    "The change would count more than \(limit) subscriptions against quotas. Narrow the condition."),
                code: "TOO_MANY_ROWS")
        }
    }
}
