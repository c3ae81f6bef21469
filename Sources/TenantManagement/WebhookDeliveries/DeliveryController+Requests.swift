import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// Tests and replays.
extension DeliveryController {
    func replay() -> Operation {
        Operation(
            .post, "\(Self.path)/{id}/replay", id: "WebhookDeliveryController.replay",
            summary: "Send a delivery again, with the same webhook-id and body, whatever became of it before",
            access: WebhookPolicy.access.update, parameters: [.id],
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

    func test() -> Operation {
        var operation = Operation(
            .post, "\(Self.endpoint)/test", id: "WebhookDeliveryController.test",
            summary: "Send a delivery of the type \(DeliveryRepository.testType) to an endpoint",
            access: WebhookPolicy.access.update, parameters: [.id],
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
                account: try call.request.identifier().description)
        }
    }

    private static func made(_ delivery: Record) throws -> OperationResponse {
        .created(delivery.json, location: "\(path)/\(try delivery.id)")
    }

    func replayRange() -> Operation {
        Operation(
            .post, "\(Self.endpoint)/replay", id: "WebhookDeliveryController.replayRange",
            summary:
                "Send the events of a time range to an endpoint, again or for the first time, with the webhook-id that they have or would have had",
            access: WebhookPolicy.access.update, parameters: [.id],
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
