import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of billing customers (docs/contract/arc-api.md 6.8).
struct BillingCustomerController: Sendable {
    let service: BillingCustomerService
    let catalog: EntityCatalog
    /// Who may see what filters include.
    let views: ViewPermissions
    let limits: QueryLimits

    private static let path = "/billing-customer"
    private static let tenantParameter = OperationParameter(
        "tenantId", in: .path, schema: .string(),
        description: "Id of the tenant; the internal id of the customer and the provider's id are accepted too")

    var operations: [Operation] { [create(), read(), update(), delete()] }

    private func create() -> Operation {
        Operation(
            .post, Self.path, id: "BillingCustomerController.create",
            summary: "Create a customer of the billing provider for a tenant",
            access: BillingCustomerPolicy.create,
            parameters: [
                .init(
                    "tenantId", in: .header, schema: .string(format: .uuid),
                    description: "The tenant; optional for the tenant's own users")
            ],
            requestBody: CustomerSchemas.new,
            responses: [
                .init(
                    .created, "The customer at the billing provider", schema: CustomerSchemas.customer,
                    headers: [.location, .eTag])
            ],
            failures: [
                .conflict: "The tenant already is a customer", .notFound: "The tenant is not the caller's tenant",
            ],
            idempotency: .recover { recovery in
                Self.created(try await service.read(try recovery.created(), in: recovery.scope))
            },
            handler: .scoped { call in
                let details = CustomerDetails(members: try call.request.object())
                let customer = try await service.create(
                    details, tenant: try Self.tenant(call), key: call.request.idempotencyKey,
                    in: call.writeContext)
                return Self.created(customer)
            })
    }

    private static func created(_ customer: BillingCustomerService.Customer) -> OperationResponse {
        .created(
            JSONValue.object(customer.json).serialized(), version: customer.version,
            location: "\(path)?filter[where][customerId]=\(customer.id)")
    }

    /// Whom a new customer is for.
    private static func tenant(_ call: ScopedRequest) throws(HTTPFailure) -> Identifier {
        let header = HTTPHeaderLookup.value("tenantId", in: call.request.headers).flatMap { Identifier($0) }
        guard let tenant = header ?? call.scope.tenantID else {
            throw HTTPFailure(
                .badRequest, name: "BadRequestError",
                message: "Required parameter tenantId is missing! Send the tenant's id in this header.",
                code: "MISSING_REQUIRED_PARAMETER")
        }
        return tenant
    }

    private func read() -> Operation {
        Operation(
            .get, Self.path, id: "BillingCustomerController.getCustomer",
            summary: "Read the first customer that matches a filter, with the data of the billing provider",
            access: BillingCustomerPolicy.view,
            parameters: [.filter(BillingCustomer.entity, limits), .ifNoneMatch],
            responses: [
                .init(.ok, "The customer", schema: CustomerSchemas.withInfo, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: "No customer matches"],
            handler: .scoped { call in
                var limits = limits
                limits.defaultLimit = 1
                let filter = try Filter.parse(
                    QueryParameter.all(call.request.query), for: BillingCustomer.entity, in: catalog, limits: limits)
                try views.require(
                    filter, of: BillingCustomer.entity, in: catalog, for: call.identity)
                let (customer, info) = try await service.find(filter, in: call.scope)
                var writer = JSONWriter()
                writer.beginObject()
                writer.member("customerDetails", JSONValue.object(customer.json))
                writer.member("info", info)
                writer.endObject()
                // The row as it was read first: what is newer than its tag overwrites nothing unseen.
                return try .entity(writer.bytes, version: try info.version, for: call.request)
            })
    }

    private func update() -> Operation {
        Operation(
            .patch, "\(Self.path)/{tenantId}", id: "BillingCustomerController.updateById",
            summary: "Change a customer at the billing provider",
            access: BillingCustomerPolicy.update,
            parameters: [Self.tenantParameter, .ifMatch, .preferReturn],
            requestBody: CustomerSchemas.changes,
            responses: [
                .init(.noContent, "Changed", headers: [.eTag]),
                .init(
                    .ok, "The changed customer, with Prefer: return=representation", schema: CustomerSchemas.customer,
                    headers: [.eTag, .preferenceApplied]),
            ],
            failures: [
                .notFound: "The tenant is not a customer", .preconditionFailed: CRUDOperations.preconditionFailure,
            ],
            handler: .scoped { call in
                var changes = CustomerDetails(members: try call.request.object())
                changes.members["id"] = nil
                let (id, version) = try await service.update(
                    call.request.pathParameter("tenantId"), changes, in: call.writeContext,
                    ifVersion: try call.request.versionCondition())
                return try await .changed(version: version, for: call.request) {
                    JSONValue.object(try await service.read(id, in: call.scope).json).serialized()
                }
            })
    }

    private func delete() -> Operation {
        Operation(
            .delete, "\(Self.path)/{tenantId}", id: "BillingCustomerController.deleteById",
            summary: "Delete a customer with its invoices and payment sources",
            access: BillingCustomerPolicy.delete,
            parameters: [Self.tenantParameter, .ifMatch],
            responses: [.init(.noContent, "Deleted")],
            failures: [
                .notFound: "The tenant is not a customer", .preconditionFailed: CRUDOperations.preconditionFailure,
            ],
            handler: .scoped { call in
                try await service.delete(
                    call.request.pathParameter("tenantId"), in: call.writeContext,
                    ifVersion: try call.request.versionCondition())
                return .noContent
            }
        )
    }
}

extension OperationRequest {
    /// The client's idempotency key, if it sent one, as billing providers get it: different for every caller.
    var idempotencyKey: String? { claim?.name }
}
