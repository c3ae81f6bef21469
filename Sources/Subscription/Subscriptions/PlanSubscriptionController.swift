import Entities
import HTTPTypes
import PostgresClient
import ServiceKit

/// The HTTP operation that lists the subscriptions to a plan.
struct PlanSubscriptionController: Sendable {
    let subscriptions: SubscriptionRepository
    let limits: QueryLimits

    var operations: [Operation] { [find()] }

    /// `GET /plans/{id}/subscriptions`: an unknown plan has none (docs/contract/arc-api.md 6.1). A page at a time, as
    /// other lists, though it takes no filter.
    private func find() -> Operation {
        Operation(
            .get, "/plans/{id}/subscriptions", id: "PlanSubscriptionController.find",
            summary: "The subscriptions to a plan",
            access: SubscriptionPolicy.access.view,
            parameters: [.id, .cursor, .preferCount],
            responses: [
                .init(
                    .ok, "Array of Subscription", schema: .array(of: TenantSubscription.entity.schema),
                    headers: [.link, .totalCount, .preferenceApplied])
            ],
            failures: [.notFound: "Not a valid plan id; an unknown plan has no subscriptions"],
            handler: .scoped { call in
                let plan = try call.request.identifier()
                var filter = Filter(where: .equals(TenantSubscription.planID, plan))
                filter.applyDefaultLimit(limits)
                let cursor = try QueryString.first("cursor", in: call.request.query).map {
                    try PageCursor($0, order: filter.order, of: TenantSubscription.entity)
                }
                return .page(
                    try await subscriptions.entities.page(
                        filter, after: cursor, countsTotal: call.request.preferences.wantsTotalCount, in: call.scope),
                    for: call.request)
            })
    }
}
