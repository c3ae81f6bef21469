import Entities
import HTTPTypes
import JSONCoding
import Primitives
package import ServiceKit

/// The HTTP operations of leads.
package struct LeadController: Sendable {
    let service: LeadService
    let crud: CRUDOperations
    let configuration: LeadConfiguration
    /// The service itself: leads are nobody's users.
    let system: TenantScope

    /// All operations.
    package var operations: [Operation] {
        [register(), verify(), crud.count(), crud.find(), crud.findByID()] + refusedWrites()
    }

    private static let addressSchema = Address.entity.newSchema.named("LeadAddress")

    private static let registrationSchema = Schema.object(
        [
            .init(Lead.firstName, required: true), .init(Lead.lastName, required: true),
            .init(Lead.companyName, required: true),
            .init(Lead.email, .string(maxLength: EmailAddress.maximumLength, format: .email), required: true),
            .init(Lead.address.name, addressSchema),
        ] + AuditBlock.requestProperties, name: "CreateLeadDTO")

    private static let registeredSchema = Schema.object(
        [
            .init(Entity.id, required: true),
            .init("key", .string().described("Only with LEAD_KEY_IN_RESPONSE=true")),
        ], name: "LeadRegistration")

    private static let verifiedSchema = Schema.object(
        [.init(Entity.id, required: true), .init("token", .string(), required: true)],
        name: "LeadToken")

    private func register() -> Operation {
        Operation(
            .post, "/leads", id: "LeadController.create",
            summary: "Register a lead; a verification key is mailed", security: .none,
            requestBody: Self.registrationSchema,
            responses: [.init(.created, "Registered", schema: Self.registeredSchema, headers: [.location])],
            failures: [
                .conflict: "The e-mail address is already validated (only with LEAD_DUPLICATE_RESPONSE=conflict)",
                .tooManyRequests: "Too many requests from this address or for this e-mail address; see Retry-After",
            ], rateLimit: configuration.publicLimit,
            // A client with many addresses must not be able to fill one mailbox.
            accountLimit: OperationAccountLimit(configuration.recipientLimit, "POST /leads recipient") { call in
                (call.body?.objectValue).flatMap { try? LeadService.email($0) }?.mailbox
            },
            // The key itself is only in the mail.
            idempotency: .recover { Self.registered(try $0.created(), key: nil) },
            handler: .anonymous { call in
                let body = try call.object()
                let email = try LeadService.email(body)
                let lead = try await service.register(body, email: email, in: call.writeContext(in: system))
                return Self.registered(lead.id, key: configuration.returnsLeadKey ? lead.key : nil)
            })
    }

    private static func registered(_ id: Identifier, key: LeadKey?) -> OperationResponse {
        var response = OperationResponse.json(status: .created) { writer in
            writer.beginObject()
            if let key {
                writer.key("key")
                writer.string(key.text)
            }
            writer.key(Entity.id)
            writer.identifier(id)
            writer.endObject()
        }
        response.headers[.location] = "/leads/\(id)"
        return response
    }

    private func verify() -> Operation {
        Operation(
            // The names of operations are those of the original, which generated clients use.
            .post, "/leads/{id}/verify", id: "LeadController.validateLead",
            summary: "Exchange a lead's one-time key, sent as bearer token, for a lead token", security: .leadKey,
            parameters: [.id], responses: [.init(.ok, "Validated", schema: Self.verifiedSchema)],
            failures: [
                .conflict: "Another lead has already validated the same e-mail address",
                .tooManyRequests: "Too many requests from this address or for this lead; see Retry-After",
            ], rateLimit: configuration.publicLimit,
            accountLimit: OperationAccountLimit(configuration.verificationLimit, "POST /leads/{id}/verify lead") {
                call in
                guard call.headers[.authorization] != nil else { return nil }
                return Identifier(call.pathParameter("id"))?.description
            },
            idempotency: .recover { Self.verified(try $0.created(), token: try await service.token(of: $0.created())) },
            handler: .anonymous { call in
                let key = LeadKey(text: try RequestCredentials.bearerToken(call.headers))
                guard let id = Identifier(call.pathParameter("id")) else { throw HTTPFailure.unauthorized }
                let context = call.writeContext(in: system)
                return Self.verified(id, token: try await service.verify(lead: id, key: key, in: context))
            }
        ).takingAnyBody()  // The original ignores it, so its clients may send one.
    }

    private static func verified(_ id: Identifier, token: String) -> OperationResponse {
        .json { writer in
            writer.beginObject()
            writer.key(Entity.id)
            writer.identifier(id)
            writer.key("token")
            writer.string(token)
            writer.endObject()
        }
    }

    /// The original answers these with 405 to those who hold the permission (docs/contract/arc-api.md 5.2).
    private func refusedWrites() -> [Operation] {
        let refuse = OperationHandler.authenticated { call in
            throw HTTPFailure.methodNotAllowed(
                allow: call.request.pathParameters.isEmpty ? [.get, .head, .post, .options] : [.get, .head, .options])
        }
        func write(
            _ method: HTTPRequest.Method, _ path: String, _ name: String, _ access: Access, takesBody: Bool
        ) -> Operation {
            Operation(
                method, path, id: "LeadController.\(name)",
                summary: "Not allowed: leads cannot be edited",
                access: access,
                parameters: path == "/leads" ? [.condition(Lead.entity)] : [.id],
                requestBody: takesBody ? .freeObject : nil, responses: [],
                failures: [.methodNotAllowed: "Always"], handler: refuse)
        }
        return [
            write(.patch, "/leads", "updateAll", LeadPolicy.access.update, takesBody: true),
            write(.patch, "/leads/{id}", "updateById", LeadPolicy.access.update, takesBody: true),
            write(.put, "/leads/{id}", "replaceById", LeadPolicy.access.update, takesBody: true),
            write(.delete, "/leads/{id}", "deleteById", LeadPolicy.access.delete, takesBody: false),
        ]
    }
}
