import Entities
import HTTPTypes
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit

/// The HTTP operations of deliveries: their log here, tests and replays in an extension.
struct DeliveryController: Sendable {
    let crud: CRUDOperations
    let service: DeliveryService
    let endpoints: EntityRepository
    let catalog: EntityCatalog
    let limits: QueryLimits
    let views: ViewPermissions
    let limiter: RateLimiter

    static let path = "/webhook-deliveries"
    static let endpoint = "/webhook-endpoints/{id}"

    var entity: Entity { WebhookDelivery.entity }
    var operations: [Operation] {
        [listOfEndpoint(), crud.count(), list(), findByID(), replay(), test(), replayRange()]
    }

    private func list() -> Operation {
        var operation = crud.find()
        operation.handler = .scoped { call in try await query(of: call).page(of: service.deliveries, for: call) }
        return operation
    }

    private func listOfEndpoint() -> Operation {
        Operation(
            .get, "\(Self.endpoint)/deliveries", id: "WebhookDeliveryController.findOfEndpoint",
            summary: "List the deliveries to an endpoint that match a filter, the newest first",
            access: WebhookPolicy.access.view,
            parameters: [.id, .filter(entity, limits), .cursor, .preferCount],
            responses: [
                .init(
                    .ok, "Array of WebhookDelivery", schema: .array(of: entity.schemaWithRelations),
                    headers: [.link, .totalCount, .preferenceApplied])
            ],
            failures: [.notFound: "There is no such WebhookEndpoint"],
            handler: .scoped { call in
                let id = try call.request.identifier()
                let list = try query(of: call)
                do { _ = try await endpoints.findByID(id, in: call.scope) } catch RepositoryError.notFound {
                    throw HTTPFailure.entityNotFound
                }
                return try await list.page(
                    of: service.deliveries, where: .equals(WebhookDelivery.endpointID, id), for: call)
            })
    }

    /// What a request asks for; without an order, the newest first.
    private func query(of call: ScopedRequest) throws -> ListQuery {
        try ListQuery(
            call, of: entity, in: catalog, limits: limits, views: views,
            order: [Order(WebhookDelivery.createdOn, descending: true)])
    }

    /// Attempts that are shown with a delivery unless the filter includes something else.
    private static let shownAttempts = 100

    private func findByID() -> Operation {
        var operation = crud.findByID()
        operation.summary = "Read one WebhookDelivery with its attempts"
        operation.handler = .scoped { call in
            let id = try call.request.identifier()
            var filter = try Filter.parse(
                QueryParameter.all(call.request.query), for: entity, in: catalog, limits: limits, allowsWhere: false)
            try views.require(filter, of: entity, in: catalog, for: call.identity)
            if filter.includes.isEmpty {
                filter.includes = [
                    Inclusion(
                        WebhookDelivery.attemptList,
                        scope: Filter(
                            order: [Order(WebhookAttempt.number, descending: true)], limit: Self.shownAttempts))
                ]
            }
            do {
                return try .entity(
                    try await service.deliveries.findByID(id, filter: filter, in: call.scope), for: call.request)
            } catch RepositoryError.notFound {
                throw HTTPFailure.entityNotFound
            }
        }
        return operation
    }
}
