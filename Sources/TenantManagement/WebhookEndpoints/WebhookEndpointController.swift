import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of endpoints.
struct WebhookEndpointController: Sendable {
    let crud: CRUDOperations
    let service: WebhookEndpointService

    private static let path = "/webhook-endpoints"

    var operations: [Operation] {
        [
            create(), crud.count(), crud.find(), checked(crud.updateAll()), crud.findByID(), checked(crud.updateByID()),
            checked(crud.replaceByID()), crud.deleteByID(), crud.restoreByID(), secret(), rotate(),
        ]
    }

    private func checked(_ operation: Operation) -> Operation {
        operation.checkingFirst { call in
            try service.check(try call.request.object(), in: call.scope)
        }
    }

    // MARK: Creation

    private func create() -> Operation {
        Operation(
            .post, Self.path, id: "WebhookEndpointController.create",
            summary: "Add an endpoint; the response has the secret, or the public key, that its receiver needs",
            access: WebhookPolicy.access.create, requestBody: Self.newSchema,
            responses: [
                .init(.created, "The new endpoint", schema: Self.createdSchema, headers: [.location, .eTag])
            ],
            failures: [
                .notFound: "There is no such tenant",
                .conflict: "The tenant has as many endpoints as it may (TOO_MANY_ENDPOINTS)",
            ],
            idempotency: .recover { recovery in
                try Self.created(try await service.secured(try recovery.created(), in: recovery.scope))
            },
            handler: .scoped { call in
                let body = try call.request.object()
                try service.check(body, in: call.scope)
                let audience = body["audience"]?.stringValue.flatMap(WebhookEndpoint.Audience.init)
                if audience == .operator, !WebhookPolicy.mayHaveOperatorsAudience(in: call.scope) {
                    throw HTTPFailure.reservedToOperators("/audience")
                }
                let new = WebhookEndpointService.NewEndpoint(
                    values: try FieldValues(WebhookEndpoint.entity, json: body), audience: audience,
                    signing: Self.signing(in: body) ?? .hmac)
                return try Self.created(try await service.create(new, in: call.writeContext))
            })
    }

    private static func signing(in body: JSONObject) -> WebhookEndpoint.Signing? {
        body["signing"]?.stringValue.flatMap(WebhookEndpoint.Signing.init)
    }

    private static func created(_ secured: WebhookEndpointService.Secured) throws -> OperationResponse {
        let shown = secured.key.shown
        guard var members = try JSONValue.parse(stored: secured.record.json).objectValue else {
            throw HTTPFailure.internalError
        }
        members[shown.name] = .string(shown.value)
        return .created(
            JSONValue.object(members).serialized(), version: try secured.record.version,
            location: "\(path)/\(try secured.record.id)")
    }

    private static let signingSchema = Schema.string(oneOf: WebhookEndpoint.Signing.allCases.map(\.rawValue))
        .described("How deliveries are signed: hmac (v1, the default) or ed25519 (v1a)")

    private static let newSchema = WebhookEndpoint.entity.newSchema.adding(
        .init(
            "audience",
            .string(oneOf: WebhookEndpoint.Audience.allCases.map(\.rawValue)).described(
                "Whose the endpoint is. `tenant` needs a tenantId. Operators' default is `operator`, which a tenant's users cannot have"
            )),
        .init("signing", signingSchema)
    ).named("WebhookEndpointRequest")

    private static let keyMembers: [Schema.Property] = [
        .init("secret", .string().described("Of hmac: the secret of the receiver, whsec_ and Base64")),
        .init("publicKey", .string().described("Of ed25519: the key that verifies signatures, whpk_ and Base64")),
    ]

    private static let createdSchema = WebhookEndpoint.entity.schema.adding(keyMembers[0], keyMembers[1])
        .named("CreatedWebhookEndpoint")

    // MARK: Secrets

    private static let secretSchema = Schema.object(
        [
            .init("id", .string(format: .uuid).described("Id of the endpoint"), required: true),
            .init("signing", signingSchema, required: true),
        ] + keyMembers, name: "WebhookSecret")

    private static let rotatedSchema = Schema.object(
        [
            .init("id", .string(format: .uuid).described("Id of the endpoint"), required: true),
            .init("signing", signingSchema, required: true),
        ] + keyMembers, name: "RotatedWebhookSecret")

    private func secret() -> Operation {
        Operation(
            .get, "\(Self.path)/{id}/secret", id: "WebhookEndpointController.secret",
            summary: "Show the secret, or the public key, that the receiver of an endpoint needs",
            access: WebhookPolicy.secret, parameters: [.id, .ifNoneMatch],
            responses: [
                .init(.ok, "The current secret", schema: Self.secretSchema, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [
                .notFound: "There is no such WebhookEndpoint",
                .conflict: "The secret cannot be read any more (SECRET_UNREADABLE)",
            ],
            handler: .scoped { call in
                let secured = try await service.secured(try call.request.identifier(), in: call.scope)
                return try .entity(
                    Self.json(secured.key, of: try secured.record.id), version: try secured.record.version,
                    for: call.request)
            })
    }

    private static func json(_ key: WebhookKey, of endpoint: Identifier) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("id", endpoint)
        writer.member("signing", key.signing.rawValue)
        writer.key(key.shown.name)
        writer.string(key.shown.value)
        writer.endObject()
        return writer.bytes
    }

    /// The default is a day: time for the receiver's next release.
    private static let defaultOverlap = 86_400
    private static let maximumOverlap = 7 * 86_400

    private func rotate() -> Operation {
        Operation(
            .post, "\(Self.path)/{id}/rotate", id: "WebhookEndpointController.rotate",
            summary:
                "Give an endpoint a new secret; until the overlap is over, deliveries are signed with the former one, too",
            access: WebhookPolicy.access.update, parameters: [.id],
            requestBody: .object(
                [
                    .init(
                        "overlapSeconds",
                        .integer(minimum: 0, maximum: Self.maximumOverlap).described(
                            "How long the former secret is valid (default \(Self.defaultOverlap)); 0 after it was revealed"
                        ).example(86_400)),
                    .init("signing", Self.signingSchema.described("How deliveries are signed from now on")),
                    .init(
                        "reason", .string(maxLength: 200).described("Why, for the record").example("Yearly rotation")),
                ], name: "WebhookRotation"),
            responses: [.init(.ok, "The new secret", schema: Self.rotatedSchema)],
            failures: [.notFound: "There is no such WebhookEndpoint"],
            idempotency: .recover { recovery in
                let id = try recovery.created()
                return .json(Self.json(try await service.secured(id, in: recovery.scope).key, of: id))
            },
            handler: .scoped { call in
                let id = try call.request.identifier()
                let body = try call.request.object()
                let overlap = body["overlapSeconds"]?.intValue ?? Self.defaultOverlap
                let key = try await service.rotate(
                    id, signing: Self.signing(in: body), overlap: .seconds(overlap),
                    reason: body["reason"]?.stringValue, in: call.writeContext)
                return .json(Self.json(key, of: id))
            })
    }
}
