import Entities
import JSONCoding
import ServiceKit

extension SubscriptionActionError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .notFound: return .entityNotFound
        case .illegal(let action, let status): return Self.illegal(action, status)
        case .impossible(let action, let reason):
            return .conflict("\(action.rawValue) is not possible: \(reason)", code: "SUBSCRIPTION_STATE")
        case .invalid(let pointer, let reason): return .invalidField(pointer, code: "subscription", reason)
        case .planPair:
            return .conflict(
                "The plan of the subscription does not allow a change to this one (`metaData.changes`).",
                code: "PLAN_CHANGE_NOT_ALLOWED")
        case .incompatible(let reason): return .conflict("\(reason).", code: "ADD_ON_INCOMPATIBLE")
        case .previewOutdated:
            return .conflict(
                "What would come of it now is not what the preview has shown. Nothing was changed; ask for another preview.",
                code: "PREVIEW_OUTDATED")
        case .notScheduled(let state):
            return .conflict(
                "The change is \(state.rawValue). Only what is scheduled can be edited or canceled.",
                code: "CHANGE_NOT_SCHEDULED")
        case .altersInvoices:
            return .conflict(
                "Invoices that were issued would be other ones. Nothing was changed.", code: "INVOICES_ISSUED")
        }
    }

    private static func illegal(
        _ action: SubscriptionAction, _ status: TenantSubscription.Status
    ) -> HTTPFailure {
        let legal = SubscriptionAction.legal(in: status)
        let names = legal.map(\.rawValue).joined(separator: ", ")
        let rest = legal.isEmpty ? " No action is." : " Possible are: \(names)."
        var failure = HTTPFailure.conflict(
            "\(action.rawValue) is not possible for a subscription that is \(status.name).\(rest)",
            code: "SUBSCRIPTION_STATE")
        failure.details = [
            ValidationDetail(
                path: "/status", code: "transition", message: "does not allow it; see GET /subscriptions/transitions",
                info: [
                    "action": .string(action.rawValue), "from": .integer(status.rawValue),
                    "legal": .array(legal.map { .string($0.rawValue) }),
                ])
        ]
        return failure
    }
}
