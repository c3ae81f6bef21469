import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations that change how a subscription lives on.
struct SubscriptionActionController: Sendable {
    let service: SubscriptionActionService

    var operations: [Operation] { SubscriptionAction.allCases.map(operation) }

    private static let preview = OperationParameter(
        "preview", in: .query, schema: .boolean, description: "true: say what would come of it, and change nothing")

    private func operation(_ action: SubscriptionAction) -> Operation {
        Operation(
            .post, "/subscriptions/{id}/\(action.rawValue)", id: "SubscriptionActionController.\(action)",
            summary: Self.summary(of: action), access: SubscriptionActionPolicy.act, parameters: [.id, Self.preview],
            requestBody: SubscriptionActionSchemas.body(of: action),
            responses: [
                .init(
                    .ok, "The subscription, the invoices of the action, and the next one; of a preview also its token",
                    schema: SubscriptionActionSchemas.result)
            ],
            failures: [
                .notFound: "There is no such Subscription",
                .conflict:
                    "The status does not allow it, which names the actions that are possible (SUBSCRIPTION_STATE); it is not what the preview has shown (PREVIEW_OUTDATED); the plan does not allow the change (PLAN_CHANGE_NOT_ALLOWED); an add-on does not go with it (ADD_ON_INCOMPATIBLE); or no place is left (SUBSCRIPTION_QUOTA_EXCEEDED)",
            ],
            idempotency: .recover { recovery in
                .json(Self.json(try await service.recovered(try recovery.created(), in: recovery.scope), token: nil))
            },
            handler: .scoped { call in
                let id = try call.request.identifier()
                let request = SubscriptionActionRequest(action, try call.request.object())
                guard QueryString.first("preview", in: call.request.query) == "true" else {
                    return .json(
                        Self.json(try await service.perform(request, on: id, in: call.writeContext), token: nil))
                }
                let (result, token) = try await service.preview(request, on: id, in: call.writeContext)
                return .json(Self.json(result, token: token))
            })
    }

    private static func json(_ result: SubscriptionActionResult, token: String?) -> [UInt8] {
        var writer = JSONWriter()
        result.write(to: &writer, token: token)
        return writer.bytes
    }

    private static func summary(of action: SubscriptionAction) -> String {
        switch action {
        case .activate: "Activate a subscription that is PENDING"
        case .change: "Change the plan, the quantity or the anchor of a subscription"
        case .cancel: "Cancel a subscription, as a rule at the end of its period"
        case .uncancel: "Take back a cancellation that is scheduled"
        case .pause: "Pause a subscription"
        case .resume: "Resume a subscription that is paused"
        case .renew: "Add periods to a term, or begin one again that has expired"
        case .attach: "Attach an add-on to a subscription, or change its quantity"
        case .detach: "Detach an add-on from a subscription, by default at the end of its period"
        case .override: "Give a subscription a price of its own, optionally until a given day"
        case .endOverride: "End the price override of a subscription: the regular price applies again"
        }
    }
}
