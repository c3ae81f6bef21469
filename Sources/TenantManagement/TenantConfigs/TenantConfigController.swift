import Entities
import HTTPTypes
import PostgresClient
import ServiceKit

/// The HTTP operations of tenants' settings (docs/contract/arc-api.md 5.6).
struct TenantConfigController: Sendable {
    let crud: CRUDOperations
    let configs: EntityRepository
    let tenants: EntityRepository

    /// Settings decide in whose name the service speaks to identity providers, so tenants' users only read them.
    var operations: [Operation] {
        crud.all() + [tenant()]
    }

    /// `GET /tenant-configs/{id}/tenant`: setting and tenant, both as the caller may see them. The answer is the
    /// tenant's, and so is its entity tag.
    private func tenant() -> Operation {
        Operation(
            .get, "/tenant-configs/{id}/tenant", id: "TenantMgmtConfigTenantController.getTenant",
            summary: "Read the tenant that a setting belongs to",
            access: TenantConfigPolicy.access.view, parameters: [.id, .ifNoneMatch],
            responses: [
                .init(.ok, "The tenant", schema: Tenant.entity.schema, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: "There is no such setting, or its tenant was deleted"],
            handler: .scoped { call in
                let id = try call.request.identifier()
                do {
                    let config = try await configs.findByID(
                        id, filter: Filter(fields: .only(TenantConfig.tenantID)), in: call.scope)
                    let tenant = try await tenants.findByID(try config[TenantConfig.tenantID], in: call.scope)
                    return try .entity(tenant, for: call.request)
                } catch RepositoryError.notFound {
                    throw HTTPFailure.entityNotFound
                }
            })
    }
}
