import Entities
import HTTPTypes
import ServiceKit

/// The HTTP operations of the audit log: operators see everything, a tenant's users their tenant's chain.
struct AuditLogController: Sendable {
    let crud: CRUDOperations
    let repository: EntityRepository
    let catalog: EntityCatalog
    let limits: QueryLimits

    var operations: [Operation] { [find(), crud.count(), crud.findByID()] }

    /// `GET /audit-logs`: a page at a time, the newest first.
    private func find() -> Operation {
        let entity = AuditLogEntity.entity
        return Operation(
            .get, "/audit-logs", id: "AuditLogController.find",
            summary: "List changes that were made, by whom and when; the newest first",
            access: AuditLogPolicy.view,
            parameters: [.filter(entity, limits), .cursor, .preferCount],
            responses: [
                .init(
                    .ok, "Array of AuditLog", schema: .array(of: entity.schema),
                    headers: [.link, .totalCount, .preferenceApplied])
            ],
            handler: .scoped { call in
                let list = try ListQuery(
                    call, of: entity, in: catalog, limits: limits, views: nil,
                    order: [Order(AuditLogEntity.recordedOn, descending: true)])
                return try await list.page(of: repository, for: call)
            })
    }
}
