import Entities
import HTTPTypes
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit

/// The HTTP operations of deliveries: their log, tests and replays.
struct DeliveryController: Sendable {
    let crud: CRUDOperations
    let service: DeliveryService
    let endpoints: EntityRepository
    let catalog: EntityCatalog
    let limits: QueryLimits
    let views: ViewPermissions
    let limiter: RateLimiter

    static let path = "/webhook-deliveries"
    private static let endpoint = "/webhook-endpoints/{id}"

    private var entity: Entity { WebhookDelivery.entity }
    private static let permissions = WebhookEndpointController.permissions

    var operations: [Operation] {
        [listOfEndpoint(), crud.count(), list(), findByID(), replay(), test(), replayRange()]
    }

    // MARK: The log

    private func list() -> Operation {
        var operation = crud.find()
        operation.handler = .scoped { call in try await query(of: call).page(of: service.deliveries, for: call) }
        return operation
    }

    private func listOfEndpoint() -> Operation {
        Operation(
            .get, "\(Self.endpoint)/deliveries", id: "WebhookDeliveryController.findOfEndpoint",
            summary: "List the deliveries to an endpoint that match a filter, the newest first",
            security: .bearer(permissions: Self.permissions.view),
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

    // MARK: Tests and replays

    private func replay() -> Operation {
        Operation(
            .post, "\(Self.path)/{id}/replay", id: "WebhookDeliveryController.replay",
            summary: "Send a delivery again, with the same webhook-id and body, whatever became of it before",
            security: .bearer(permissions: Self.permissions.update), parameters: [.id],
            responses: [.init(.ok, "The delivery, which is due", schema: entity.schema)],
            failures: [
                .notFound: "There is no such WebhookDelivery, or its endpoint was deleted",
                .conflict: "It is being sent at this moment (DELIVERY_IN_PROGRESS)",
            ],
            idempotency: .recover { recovery in
                .json(try await service.deliveries.findByID(try recovery.created(), in: recovery.scope).json)
            },
            handler: .scoped { call in
                .json(try await service.replay(try call.request.identifier(), in: call.writeContext).json)
            })
    }

    /// Tests of one endpoint in a minute: what is behind its URL need not belong to whoever asks for them.
    private static let testLimit = RateLimit(limit: 60)

    private func test() -> Operation {
        var operation = Operation(
            .post, "\(Self.endpoint)/test", id: "WebhookDeliveryController.test",
            summary: "Send a delivery of the type \(DeliveryRepository.testType) to an endpoint",
            security: .bearer(permissions: Self.permissions.update), parameters: [.id],
            responses: [.init(.created, "The delivery", schema: entity.schema, headers: [.location])],
            failures: [.notFound: "There is no such WebhookEndpoint"],
            idempotency: .recover { recovery in
                try Self.made(try await service.deliveries.findByID(try recovery.created(), in: recovery.scope))
            },
            handler: .scoped { call in
                try Self.made(try await service.test(try call.request.identifier(), in: call.writeContext))
            })
        operation.failures[.tooManyRequests] = "Too many tests of this endpoint; see Retry-After"
        return operation.checkingFirst { call in
            try await limiter.require(
                Self.testLimit, operation: "POST /webhook-endpoints/{id}/test",
                client: try call.request.identifier().description)
        }
    }

    private static func made(_ delivery: Record) throws -> OperationResponse {
        .created(delivery.json, location: "\(path)/\(try delivery.id)")
    }

    private func replayRange() -> Operation {
        Operation(
            .post, "\(Self.endpoint)/replay", id: "WebhookDeliveryController.replayRange",
            summary:
                "Send the events of a time range to an endpoint, again or for the first time, with the webhook-id that they have or would have had",
            security: .bearer(permissions: Self.permissions.update), parameters: [.id],
            requestBody: .object(
                [
                    .init(
                        "from",
                        .string(format: .dateTime).described("Beginning of the range: when the feed recorded events"),
                        required: true),
                    .init("to", .string(format: .dateTime).described("End of the range, included"), required: true),
                    .init(
                        "eventTypes",
                        .array(
                            of: .string(oneOf: PublishedEvents.types), uniqueItems: true, minItems: 1, maxItems: 100
                        ).described(
                            "Only these types, of those that the endpoint gets")),
                    .init(
                        "reason", .string(maxLength: 200).described("Why, for the record").example("Receiver was down")),
                ], name: "WebhookReplay"),
            responses: [.init(.ok, "How many deliveries are made", schema: Self.replaySchema)],
            failures: [.notFound: "There is no such WebhookEndpoint"],
            idempotency: .recover { recovery in
                let id = try recovery.created()
                return Self.response(
                    DeliveryService.Replay(
                        id: id, count: try await service.repository.replayed(id, in: recovery.scope)))
            },
            handler: .scoped { call in
                let endpoint = try call.request.identifier()
                let range = try Self.range(try call.request.object())
                return Self.response(try await service.replay(range, to: endpoint, in: call.writeContext))
            })
    }

    private static let replaySchema = Schema.object(
        [
            .init("id", .string(format: .uuid).described("Id of the replay"), required: true),
            .init("count", .integer(minimum: 0).described("Events of the range"), required: true),
        ], name: "WebhookReplayResult")

    private static func range(_ body: JSONObject) throws(ValidationFailure) -> DeliveryRepository.Range {
        DeliveryRepository.Range(
            from: try instant("from", in: body), to: try instant("to", in: body),
            types: body["eventTypes"]?.arrayValue.map { $0.compactMap(\.stringValue) },
            reason: body["reason"]?.stringValue)
    }

    private static func instant(_ name: String, in body: JSONObject) throws(ValidationFailure) -> Timestamp {
        guard let instant = body[name]?.stringValue.flatMap({ Timestamp(iso8601: $0) }) else {
            throw ValidationFailure([.format("/\(name)", "date-time")])
        }
        return instant
    }

    private static func response(_ replay: DeliveryService.Replay) -> OperationResponse {
        .json { writer in
            writer.beginObject()
            writer.member("id", replay.id)
            writer.member("count", replay.count)
            writer.endObject()
        }
    }
}
