import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of tenants.
struct TenantController: Sendable {
    let onboarding: TenantOnboardingService
    let provisioning: ProvisioningService
    let crud: CRUDOperations
    let tenants: CachedRows
    let reservedKeys: Set<String>

    static let permissions = CRUDPermissions(create: ["10204"], view: ["10207"], update: ["10205"], delete: ["10206"])

    var operations: [Operation] {
        [
            create().forOperators(), crud.count(), crud.find(), refusingReservedKeys(crud.updateAll()), findById(),
            refusingReservedKeys(crud.updateById()), refusingReservedKeys(crud.replaceById()),
            crud.deleteById().forOperators(), crud.restoreById(), provision().forOperators(),
        ]
    }

    private func refusingReservedKeys(_ operation: Operation) -> Operation {
        operation.checkingFirst { call in
            guard let key = call.request.body?["key"]?.stringValue, reservedKeys.contains(key) else { return }
            throw TenantKey.reservedFailure
        }
    }

    private func create() -> Operation {
        Operation(
            .post, "/tenants", id: "TenantController.create",
            summary: "Create a tenant with its first contact and start provisioning it",
            security: .bearer(permissions: Self.permissions.create), requestBody: TenantOnboardingInput.operatorSchema,
            responses: [
                .init(
                    .created, "The new tenant", schema: Tenant.entity.schemaWithRelations,
                    headers: [.location, .eTag])
            ],
            failures: [
                .conflict: "The key is already in use",
                .badRequest: "The contact's e-mail domain is not one of the tenant's domains",
            ],
            idempotency: .recover { try await onboarding.read(try $0.created(), in: $0.scope).response() },
            handler: .scoped { call in
                let input = try TenantOnboardingInput(try call.request.object())
                return try await onboarding.create(input, in: call.writeContext).response()
            })
    }

    /// `GET /tenants/{id}`: from the cache when the whole row is asked for, as one statement otherwise.
    private func findById() -> Operation {
        var operation = crud.findById()
        operation.handler = .scoped { call in
            guard call.request.query.isEmpty else { return try .entity(try await crud.read(call), for: call.request) }
            let id = try call.request.identifier()
            // The row of another tenant is not even looked for: it does not exist for this caller.
            if let own = call.scope.tenantId, own != id { throw HTTPFailure.entityNotFound }
            guard let body = try await tenants.body(of: id) else { throw HTTPFailure.entityNotFound }
            return try .entity(body.bytes, tag: EntityTag(version: body.version), for: call.request)
        }
        return operation
    }

    /// Other members of a plan are passed to the pipeline unchanged.
    private static let planSchema = Schema.object(
        [.init("tier", .any.described("Required string: how the tenant is provisioned").example("BASIC"))],
        isClosed: false)

    private static let subscriptionSchema = Schema.object(
        [
            .init(
                "id",
                .string().described("Required; the response is 400 without it")
                    .example("019b8d2c-7f00-7a51-9c3e-5d2f1a6b4c80")),
            .init("subscriberId", .string()), .init("startDate", .string()), .init("endDate", .string()),
            .init("status", .number()), .init("planId", .string()), .init("invoiceId", .string()),
            .init("plan", planSchema),
        ] + AuditBlock.requestProperties, name: "SubscriptionDTO")

    private func provision() -> Operation {
        Operation(
            .post, "/tenants/{id}/provision", id: "TenantController.provision",
            summary: "Start provisioning a tenant for a subscription", security: .bearer(permissions: ["10216"]),
            parameters: [.id], requestBody: Self.subscriptionSchema,
            responses: [.init(.noContent, "Accepted; a repeated request has no further effect")],
            failures: [
                .badRequest: "The subscription's id or plan.tier is missing", .notFound: "There is no such tenant",
                .conflict: "The status of the tenant does not allow it",
                .unprocessableContent: "The body is invalid, or the plan is too large for an event",
            ],
            idempotency: .recover { _ in .noContent },
            handler: .scoped { call in
                let id = try call.request.identifier()
                _ = try await provisioning.provision(
                    tenant: id, subscription: try call.request.object(), in: call.writeContext)
                return .noContent
            })
    }
}

extension TenantOnboardingService.OnboardedTenant {
    /// 201 with the tenant, what came with it, and where it is.
    func response() throws -> OperationResponse {
        var response = OperationResponse.created(json, location: "/tenants/\(try tenant.id)")
        response.headers[.eTag] = EntityTag(version: try tenant.version).text
        return response
    }

    private var json: [UInt8] {
        guard let contact else { return tenant.json }
        var writer = JSONWriter(reservingCapacity: 1536)
        writer.beginObject()
        tenant.writeMembers(to: &writer)
        writer.key("contacts")
        writer.beginArray()
        contact.write(to: &writer)
        writer.endArray()
        if let address {
            writer.key("address")
            address.write(to: &writer)
        }
        writer.endObject()
        return writer.bytes
    }
}
