import Entities
import HTTPTypes
import PostgresClient
import ServiceKit

/// The HTTP operations of tenants' settings (contract 5.6).
struct TenantConfigController: Sendable {
    let crud: CRUDOperations
    let configs: EntityRepository

    static let permissions = CRUDPermissions(create: ["10220"], view: ["10221"], update: ["10222"], delete: ["10223"])

    /// Settings decide in whose name the service speaks to identity providers, so tenants' users only read them.
    var operations: [Operation] {
        crud.all().map { $0.method == .get ? $0 : $0.forOperators() } + [tenant()]
    }

    /// `GET /tenant-configs/{id}/tenant`: setting and tenant come in one statement, both as the caller may see them.
    private func tenant() -> Operation {
        Operation(
            .get, "/tenant-configs/{id}/tenant", id: "TenantMgmtConfigTenantController.getTenant",
            summary: "Read the tenant that a setting belongs to",
            security: .bearer(permissions: Self.permissions.view), parameters: [.id, .ifNoneMatch],
            responses: [
                .init(.ok, "The tenant", schema: Tenant.entity.schema, headers: [.eTag]),
                .init(.notModified, "The client has it already (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: "There is no such setting, or its tenant is gone"],
            handler: .scoped { call in
                let id = try call.request.identifier()
                do {
                    let config = try await configs.findById(
                        id, filter: Filter(fields: .only(["id", "tenantId"]), include: [Inclusion("tenant")]),
                        in: call.scope)
                    guard let tenant = try config.relationIfPresent("tenant") else { throw HTTPFailure.entityNotFound }
                    return try .entity(tenant, version: try config.version, for: call.request)
                } catch RepositoryError.notFound {
                    throw HTTPFailure.entityNotFound
                }
            })
    }
}
