import Entities
import HTTPTypes
import JSONCoding
import NIOCore
import Primitives
import ServiceKit

/// The HTTP operations of API keys.
struct APIKeyController: Sendable {
    let crud: CRUDOperations
    let service: APIKeyService

    static let path = "/api-keys"

    var operations: [Operation] {
        [create(), crud.count(), crud.find(), find(), update(), delete(), rotate()]
    }

    private static let refusal = "The key would allow what the caller may not do (PERMISSIONS_NOT_HELD)"
    private static let missing = "There is no such ApiKey"
    private static let lost =
        "a repeated request took effect before, but the response with the key was lost (API_KEY_LOST)"

    // MARK: Creation

    private func create() -> Operation {
        Operation(
            .post, Self.path, id: "ApiKeyController.create",
            summary: "Add an API key; only this response has the key itself",
            access: APIKeyPolicy.access.create, requestBody: Self.newSchema,
            responses: [.init(.created, "The new key", schema: Self.securedSchema, headers: [.location, .eTag])],
            failures: [
                .forbidden: Self.refusal, .notFound: "There is no such tenant",
                .conflict: "There are as many keys as there may be (TOO_MANY_API_KEYS), or \(Self.lost)",
            ],
            idempotency: .recover { _ in throw APIKeyError.secretLost },
            handler: .scoped { call in
                let body = try call.request.object()
                let secured = try await service.create(
                    try Self.newKey(body), by: call.identity, in: call.writeContext)
                return .created(
                    try Self.json(secured), version: try secured.record.version,
                    location: "\(Self.path)/\(try secured.record.id)")
            })
    }

    private static func newKey(_ body: JSONObject) throws -> APIKeyService.NewKey {
        APIKeyService.NewKey(
            values: try FieldValues(APIKey.entity, json: body),
            audience: body[APIKey.audience]?.stringValue.flatMap(APIKey.Audience.init),
            tenant: body[APIKey.tenantID]?.stringValue.flatMap { Identifier($0) },
            grants: APIKeyPolicy.Grants(
                permissions: texts(body[APIKey.permissions]), roles: texts(body[APIKey.roles])),
            expiresOn: instant(body))
    }

    private static func texts(_ value: JSONValue?) -> [String] { value?.arrayValue?.compactMap(\.stringValue) ?? [] }

    private static func instant(_ body: JSONObject) -> Timestamp? {
        body[APIKey.expiresOn]?.stringValue.flatMap { Timestamp(iso8601: $0) }
    }

    /// The row with the key itself.
    private static func json(_ secured: APIKeyService.Secured) throws -> [UInt8] {
        guard var members = try JSONValue.parse(stored: secured.record.json).objectValue else {
            throw HTTPFailure.internalError
        }
        members["key"] = .string(secured.text.text)
        return JSONValue.object(members).serialized()
    }

    private static let end = Schema.Property(
        APIKey.expiresOn,
        .string(format: .dateTime).described(
            "When the key ends. Default: after API_KEY_DEFAULT_DAYS; at most API_KEY_MAX_DAYS from now"))

    private static let newSchema = APIKey.entity.newSchema.adding(
        .init(
            APIKey.audience,
            .string(oneOf: APIKey.Audience.allCases.map(\.rawValue)).described(
                "Whose key it is. Operators must say it; users of a tenant can only make keys of their tenant")),
        .init(
            APIKey.tenantID,
            .string(format: .uuid).described("The tenant, for a key of audience `tenant` that an operator makes")),
        .init(
            APIKey.permissions,
            .array(
                of: .string(maxLength: 50).example("10207"), uniqueItems: true, maxItems: APIKey.maximumPermissions
            ).described("Permission codes; only those that the caller has")),
        .init(
            APIKey.roles,
            .array(
                of: .string(maxLength: 64).example("TenantViewer"), uniqueItems: true, maxItems: APIKey.maximumRoles
            ).described(
                "Roles; only those of whose permissions the caller has all. Changes of a role count for the key too")),
        end
    ).named("ApiKeyRequest")

    private static let securedSchema = APIKey.entity.schema.adding(
        .init(
            "key",
            .string().described("The key itself. It is not stored and cannot be shown again"), required: true)
    ).named("ApiKeyWithSecret")

    // MARK: Reading

    /// The tag has a checksum, because the last use does not change the version.
    private func find() -> Operation {
        var operation = crud.findByID()
        operation.handler = .scoped { call in
            let record = try await crud.read(call)
            return try .entity(record.json, version: try record.version, for: call.request)
        }
        return operation
    }

    // MARK: Changes

    /// The tag of a representation has the same checksum as that of what is read.
    private func update() -> Operation {
        var operation = crud.updateByID()
        guard case .scoped(let change) = operation.handler else { return operation }
        operation.handler = .scoped { call in
            var response = try await change(call)
            let version = response.headers[.eTag].flatMap { Int64($0.filter(\.isNumber)) }
            if let body = response.body, let version {
                response.headers[.eTag] = EntityTag(version: version, content: Array(body.readableBytesView)).text
            }
            return response
        }
        return operation
    }

    private func delete() -> Operation {
        var operation = crud.deleteByID()
        operation.summary =
            "Delete one ApiKey and the keys that were made with it; all services refuse them within seconds"
        operation.handler = .scoped { call in
            try await service.delete(
                try call.request.identifier(), ifVersion: try call.request.versionCondition(), in: call.writeContext)
            return .noContent
        }
        return operation
    }

    /// The default is a day: time for the next release of the program that has the key.
    private static let defaultOverlap = 86_400
    private static let maximumOverlap = 30 * 86_400

    private func rotate() -> Operation {
        Operation(
            .post, "\(Self.path)/{id}/rotate", id: "ApiKeyController.rotate",
            summary: "Replace the secret of an API key; until the overlap is over, the former one is accepted too",
            access: APIKeyPolicy.access.update, parameters: [.id, .ifMatch],
            requestBody: .object(
                [
                    .init(
                        "overlapSeconds",
                        .integer(minimum: 0, maximum: Self.maximumOverlap).described(
                            "How long the former key is accepted (default \(Self.defaultOverlap)); 0 after it was revealed"
                        ).example(86_400)),
                    Self.end,
                    .init(
                        "reason", .string(maxLength: 200).described("Why, for the record").example("Yearly rotation")),
                ], name: "ApiKeyRotation"),
            responses: [.init(.ok, "The key with its new secret", schema: Self.securedSchema, headers: [.eTag])],
            failures: [
                .forbidden:
                    "The key allows what the caller may not do (PERMISSIONS_NOT_HELD), or was not made with the key that makes the request (API_KEY_NOT_OWN)",
                .notFound: Self.missing, .conflict: Self.lost.prefix(1).uppercased() + Self.lost.dropFirst(),
                .preconditionFailed: CRUDOperations.preconditionFailure,
            ],
            idempotency: .recover { _ in throw APIKeyError.secretLost },
            handler: .scoped { call in
                let body = try call.request.object()
                let secured = try await service.rotate(
                    try call.request.identifier(),
                    overlap: .seconds(body["overlapSeconds"]?.intValue ?? Self.defaultOverlap),
                    expiresOn: Self.instant(body), reason: body["reason"]?.stringValue,
                    ifVersion: try call.request.versionCondition(), by: call.identity, in: call.writeContext)
                return try .entity(
                    try Self.json(secured), version: try secured.record.version, for: call.request)
            })
    }
}
