import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of entitlement tokens.
struct EntitlementTokenController: Sendable {
    let service: EntitlementTokenService
    let keys: EntitlementKeys

    var operations: [Operation] { [issue(), published()] }

    private func issue() -> Operation {
        Operation(
            .post, "\(EntitlementController.path)/token", id: "EntitlementTokenController.issue",
            summary: "A short-lived signed token of what a tenant has of features, to decide without a call",
            access: EntitlementTokenPolicy.issue, parameters: [EntitlementController.tenant],
            requestBody: .object(
                [
                    .init(
                        "features",
                        .array(
                            of: EntitlementController.featureSchema, uniqueItems: true,
                            maxItems: EntitlementTokenService.maximumFeatures
                        ).described("Keys of features (default: all)"))
                ], name: "EntitlementTokenRequest"),
            responses: [
                .init(
                    .ok, "The token, a JWT",
                    schema: .object(
                        [
                            .init("token", .string(), required: true),
                            .init("expiresOn", .string(format: .dateTime), required: true),
                        ], name: "EntitlementToken"))
            ],
            failures: [.notFound: "There is no such tenant"],
            handler: .scoped { call in
                let named = try call.request.object()["features"]?.arrayValue ?? []
                let issued = try await service.issue(
                    for: try call.request.identifier("tenantId"), features: named.compactMap(\.stringValue),
                    at: call.request.instant, in: call.scope)
                return .json { writer in
                    writer.beginObject()
                    writer.member("token", issued.token)
                    writer.member("expiresOn", issued.expires)
                    writer.endObject()
                }
            })
    }

    private static let keySchema = Schema.object(
        [
            .init("kty", .string(oneOf: ["OKP"]), required: true),
            .init("crv", .string(oneOf: ["Ed25519"]), required: true),
            .init("x", .string().described("The public key"), required: true),
            .init("kid", .string().described("Its thumbprint (RFC 7638)"), required: true),
            .init("alg", .string(oneOf: ["EdDSA"]), required: true),
            .init("use", .string(oneOf: ["sig"]), required: true),
        ], name: "EntitlementKey")

    private func published() -> Operation {
        Operation(
            .get, "/.well-known/jwks.json", id: "EntitlementTokenController.keys",
            summary: "The public keys of entitlement tokens (JSON Web Key Set)", security: .none,
            responses: [
                .init(
                    .ok, "The keys, also the next one before it signs",
                    schema: .object(
                        [.init("keys", .array(of: Self.keySchema), required: true)], name: "EntitlementKeySet"))
            ],
            failures: [.tooManyRequests: "Too many requests from this address; see Retry-After"],
            handler: .anonymous { _ in
                let ring = try await keys.ring()
                var response = OperationResponse.json { writer in
                    writer.beginObject()
                    writer.key("keys")
                    writer.beginArray()
                    for key in ring.keys { key.write(to: &writer) }
                    writer.endArray()
                    writer.endObject()
                }
                response.headers[.cacheControl] = "public, max-age=300"
                return response
            })
    }
}
