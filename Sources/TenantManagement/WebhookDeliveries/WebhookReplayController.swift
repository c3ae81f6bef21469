import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operation that lists the replays of time ranges.
struct WebhookReplayController: Sendable {
    let replays: EntityRepository
    let endpoints: EntityRepository
    let catalog: EntityCatalog
    let limits: QueryLimits
    let views: ViewPermissions

    private var entity: Entity { WebhookReplay.entity }

    var operations: [Operation] { [list()] }

    private func list() -> Operation {
        Operation(
            .get, "/webhook-endpoints/{id}/replays", id: "WebhookReplayController.findOfEndpoint",
            summary: "List the replays of time ranges to an endpoint that match a filter, the newest first",
            access: WebhookPolicy.access.view,
            parameters: [.id, .filter(entity, limits), .cursor, .preferCount],
            responses: [
                .init(
                    .ok, "Array of WebhookReplay", schema: .array(of: entity.schemaWithRelations),
                    headers: [.link, .totalCount, .preferenceApplied])
            ],
            failures: [.notFound: "There is no such WebhookEndpoint"],
            handler: .scoped { call in
                let id = try call.request.identifier()
                let list = try ListQuery(
                    call, of: entity, in: catalog, limits: limits, views: views,
                    order: [Order(WebhookReplay.createdOn, descending: true)])
                do { _ = try await endpoints.findByID(id, in: call.scope) } catch RepositoryError.notFound {
                    throw HTTPFailure.entityNotFound
                }
                return try await list.page(of: replays, where: .equals(WebhookReplay.endpointID, id), for: call)
            })
    }
}
