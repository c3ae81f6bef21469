import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of what happens, or happened, to a subscription.
struct ScheduledChangeController: Sendable {
    let service: ScheduledChangeService
    let subscriptions: EntityRepository
    let catalog: EntityCatalog
    let limits: QueryLimits

    private static let entity = SubscriptionChange.entity
    private static let path = "/subscriptions/{id}/changes"
    private static let changeID = OperationParameter(
        "changeId", in: .path, schema: .string(format: .uuid), description: "Identifier of the change, a UUID")
    private static let missing = "There is no such Subscription, or no such change of it"
    private static let conflict =
        "It was made or canceled already (CHANGE_NOT_SCHEDULED), or invoices that were issued would be other ones (INVOICES_ISSUED)"

    var operations: [Operation] { [list(), find(), update(), delete()] }

    /// `GET /subscriptions/{id}/changes`: a page at a time, in the order in which they became known.
    private func list() -> Operation {
        Operation(
            .get, Self.path, id: "SubscriptionChangeController.find",
            summary: "What is scheduled for a subscription, and what has happened to it",
            access: SubscriptionActionPolicy.view,
            parameters: [.id, .filter(Self.entity, limits), .cursor, .preferCount],
            responses: [
                .init(
                    .ok, "Array of SubscriptionChange", schema: .array(of: Self.entity.schema),
                    headers: [.link, .totalCount, .preferenceApplied])
            ],
            failures: [.notFound: "There is no such Subscription"],
            handler: .scoped { call in
                let subscription = try call.request.identifier()
                let list = try ListQuery(
                    call, of: Self.entity, in: catalog, limits: limits, views: nil,
                    order: [Order(SubscriptionChange.position)])
                guard try await subscriptions.count(.equals(Entity.id, subscription), in: call.scope) == 1 else {
                    throw HTTPFailure.entityNotFound
                }
                return try await list.page(
                    of: service.changes, where: .equals(SubscriptionChange.subscriptionID, subscription), for: call)
            })
    }

    private func find() -> Operation {
        Operation(
            .get, "\(Self.path)/{changeId}", id: "SubscriptionChangeController.findById",
            summary: "Something that happens, or happened, to a subscription",
            access: SubscriptionActionPolicy.view, parameters: [.id, Self.changeID, .ifNoneMatch],
            responses: [
                .init(.ok, "The change", schema: Self.entity.schema, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: Self.missing],
            handler: .scoped { call in
                let (subscription, change) = try Self.ids(call)
                return try .entity(
                    try await service.change(change, of: subscription, in: call.scope), for: call.request)
            })
    }

    private func update() -> Operation {
        Operation(
            .patch, "\(Self.path)/{changeId}", id: "SubscriptionChangeController.updateById",
            summary: "Edit a change that is scheduled", access: SubscriptionActionPolicy.act,
            parameters: [.id, Self.changeID, .ifMatch, .preferReturn], requestBody: SubscriptionActionSchemas.edit,
            responses: [
                .init(.noContent, "Changed", headers: [.eTag]),
                .init(
                    .ok, "The changed change, with Prefer: return=representation", schema: Self.entity.schema,
                    headers: [.eTag, .preferenceApplied]),
            ],
            failures: [
                .notFound: Self.missing, .conflict: Self.conflict,
                .preconditionFailed: CRUDOperations.preconditionFailure,
            ],
            handler: .scoped { call in
                let (subscription, change) = try Self.ids(call)
                let row = try await service.edit(
                    change, of: subscription, try call.request.object(), in: call.writeContext,
                    ifVersion: try call.request.versionCondition())
                return try .changed(row, for: call.request)
            })
    }

    private func delete() -> Operation {
        Operation(
            .delete, "\(Self.path)/{changeId}", id: "SubscriptionChangeController.deleteById",
            summary: "Cancel a change that is scheduled; it stays in the list",
            access: SubscriptionActionPolicy.act, parameters: [.id, Self.changeID, .ifMatch],
            responses: [.init(.noContent, "Canceled")],
            failures: [
                .notFound: Self.missing, .conflict: Self.conflict,
                .preconditionFailed: CRUDOperations.preconditionFailure,
            ],
            handler: .scoped { call in
                let (subscription, change) = try Self.ids(call)
                try await service.cancel(
                    change, of: subscription, in: call.writeContext, ifVersion: try call.request.versionCondition())
                return .noContent
            })
    }

    private static func ids(_ call: ScopedRequest) throws -> (subscription: Identifier, change: Identifier) {
        guard let change = Identifier(call.request.pathParameter("changeId")) else { throw HTTPFailure.entityNotFound }
        return (try call.request.identifier(), change)
    }
}
