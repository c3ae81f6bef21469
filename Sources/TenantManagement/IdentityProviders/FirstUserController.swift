import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

/// The HTTP operation with which a pipeline has a tenant's first user created (docs/contract/arc-api.md 5.8).
struct FirstUserController: Sendable {
    let verifier: WebhookVerifier
    let service: FirstUserService
    let configuration: WebhookConfiguration

    var operations: [Operation] { [configure()] }

    private static let schema = Schema.object(
        [
            .init(
                "tenant",
                tenantSchema.described(
                    "The tenant as in the event: id, key, name, identityProvider (auth0, keycloak; others do nothing), contacts with the first user's email, firstName, lastName"
                )),
            .init(
                "plan",
                Schema.object([.init("tier", .any.example("PREMIUM"))], isClosed: false)
                    .described("tier determines whether the tenant gets its own realm or organization")),
        ], name: "IdpDetailsDTO")

    /// For the documents; ``FirstUser`` reads it.
    private static let tenantSchema = Schema.object(
        [
            .init(Entity.id, .any.example("019b8d2c-7f00-7a51-9c3e-5d2f1a6b4c80")),
            .init(Tenant.key, .any.example("acme")), .init(Tenant.name, .any.example("Acme")),
            .init("identityProvider", .any.example("auth0")),
            .init(
                Tenant.contacts.name, .any.example([["email": "ann@acme.com", "firstName": "Ann", "lastName": "Lee"]])),
        ], isClosed: false)

    private static let responseSchema = Schema.object(
        [
            .init(
                "authId", .string().described("User id at the provider; empty without a provider"), required: true)
        ],
        name: "IdpResponse")

    private func configure() -> Operation {
        Operation(
            .post, "/manage/users", id: "IdpController.idpConfigure",
            summary:
                "Set up the tenant's identity provider and first user (signed by the pipeline); may be repeated",
            security: .signature,
            parameters: [
                .init(
                    WebhookSignature.signatureHeader, in: .header, schema: .string(),
                    description: "HMAC-SHA256 of body and timestamp, hexadecimal"),
                .init(
                    WebhookSignature.timestampHeader, in: .header, schema: .any,
                    description: "Milliseconds since 1970"),
            ],
            requestBody: Self.schema,
            responses: [
                .init(.ok, "The user exists; a repeated request has no further effect", schema: Self.responseSchema)
            ],
            failures: [
                .conflict: "The provider's realm or organization of this name belongs to another tenant",
                .unprocessableContent:
                    "The body is incomplete, the provider is not configured, or it rejects the values of the body",
                .tooManyRequests: "Too many requests for this tenant; see Retry-After",
                .badGateway: "The provider rejects the service's credentials",
                .serviceUnavailable: "The provider or the service is not available; repeat the call",
            ],
            rateLimit: configuration.webhookAddressLimit,
            accountLimit: OperationAccountLimit(configuration.webhookLimit, "POST /manage/users") { call in
                (call.body?["tenant"]?[Entity.id]?.stringValue).map { "\(call.clientAddress.network) \($0)" }
            },
            handler: .anonymous { call in
                guard let body = call.body?.objectValue, let tenant = body["tenant"]?[Entity.id]?.stringValue else {
                    throw HTTPFailure.unauthorized
                }
                let delivery = try await verifier.verify(SignedMessage(call), tenant: tenant, signing: .body)
                let authID = try await service.setUp(body, tenant: delivery.tenant)
                return .json { writer in
                    writer.beginObject()
                    writer.key("authId")
                    writer.string(authID)
                    writer.endObject()
                }
            })
    }
}
