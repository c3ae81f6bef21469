import Entities
import HTTPTypes
import JSONCoding
import MessageBus
import Primitives
import ServiceKit

/// The HTTP operations on events, for operators: the log of the outbox, replays, and dead letters.
struct EventOperationsController: Sendable {
    let service: EventOperationsService
    let events: EntityRepository
    let catalog: EntityCatalog
    let limits: QueryLimits

    var operations: [Operation] {
        [find(), deadLetters(), findByID(), replay(), retry()]
    }

    /// `GET /events`: a page at a time, the newest first.
    private func find() -> Operation {
        let entity = LoggedEventEntity.entity
        return Operation(
            .get, "/events", id: "EventController.find",
            summary: "List events that this service has published or will publish, the newest first",
            access: EventPolicy.view,
            parameters: [.filter(entity, limits), .cursor, .preferCount],
            responses: [
                .init(
                    .ok, "Array of Event", schema: .array(of: entity.schema),
                    headers: [.link, .totalCount, .preferenceApplied])
            ],
            handler: .scoped { call in
                let list = try ListQuery(
                    call, of: entity, in: catalog, limits: limits, views: nil,
                    order: [Order(LoggedEventEntity.occurredAt, descending: true)])
                return try await list.page(of: events, for: call)
            })
    }

    /// `GET /events/{id}`: one event with its content, in which secrets are hidden.
    private func findByID() -> Operation {
        Operation(
            .get, "/events/{id}", id: "EventController.findById",
            summary: "Read one event with its content; secrets in it are hidden",
            access: EventPolicy.view, parameters: [.id, .ifNoneMatch],
            responses: [
                .init(.ok, "Event", schema: Self.detailSchema, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: "There is no such event, or it is not kept any more"],
            handler: .scoped { call in
                guard let event = try await service.log.event(try call.request.identifier()) else {
                    throw HTTPFailure.entityNotFound
                }
                return try .entity(
                    Self.json(of: event).serialized(), version: event.version, for: call.request)
            })
    }

    /// `POST /events/{id}/replay`.
    private func replay() -> Operation {
        Operation(
            .post, "/events/{id}/replay", id: "EventController.replay",
            summary: "Publish an event again, so that its handlers run once more",
            access: EventPolicy.replay, parameters: [.id],
            requestBody: Self.replaySchema,
            responses: [.init(.accepted, "The replay, which waits to be published", schema: Self.replayedSchema)],
            failures: [
                .notFound: "There is no such event, or it is not kept any more",
                .conflict: "The event was not published yet (EVENT_NOT_PUBLISHED)",
            ],
            idempotency: .recover { recovery in
                Self.replayed(
                    try recovery.created(), of: try recovery.request.identifier(),
                    groups: Self.groups(try recovery.request.object()))
            },
            handler: .scoped { call in
                let body = try call.request.object()
                let (id, groups) = (try call.request.identifier(), Self.groups(body))
                let replay = try await service.replay(
                    id, to: groups, reason: body["reason"]?.stringValue ?? "", in: call.writeContext)
                return Self.replayed(replay, of: id, groups: groups)
            })
    }

    /// `GET /events/dead-letters`: those of the outbox and of all groups of the bus, the oldest first.
    private func deadLetters() -> Operation {
        Operation(
            .get, "/events/dead-letters", id: "EventController.deadLetters",
            summary: "List events that were given up on, by the outbox or by a consumer group; the oldest first",
            access: EventPolicy.view, parameters: DeadLetterQuery.parameters,
            responses: [
                .init(.ok, "Array of DeadLetter", schema: .array(of: DeadLetterEntity.schema), headers: [.link])
            ],
            handler: .scoped { call in
                let query = try DeadLetterQuery(query: call.request.query, catalog: catalog, limits: limits)
                let page = try await service.letters.page(after: query.start, limit: query.limit) { letter in
                    query.condition.matches { DeadLetterEntity.value($0, of: letter) }
                }
                var response = OperationResponse.json(
                    JSONValue.array(page.letters.map(Self.json)).serialized())
                response.linkToPage(after: page.next?.text, of: call.request)
                return response
            })
    }

    /// `POST /events/dead-letters/{id}/retry`.
    private func retry() -> Operation {
        Operation(
            .post, "/events/dead-letters/{id}/retry", id: "EventController.retry",
            summary: "Try a dead letter again, with all its attempts before it",
            access: EventPolicy.retry,
            parameters: [
                OperationParameter(
                    "id", in: .path, schema: .string(maxLength: DeadLetterEntity.maximumIDLength),
                    description: "Identifier as listed: source, colon, event")
            ],
            responses: [.init(.ok, "It is pending again", schema: Self.retriedSchema)],
            failures: [.notFound: "There is no such dead letter; it may have been retried already"],
            idempotency: .recover { recovery in Self.retried(recovery.request.pathParameter("id")) },
            handler: .scoped { call in
                guard let id = DeadLetterID(call.request.pathParameter("id")),
                    try await service.retry(id, in: call.writeContext)
                else { throw HTTPFailure.entityNotFound }
                return Self.retried(id.description)
            })
    }
}
