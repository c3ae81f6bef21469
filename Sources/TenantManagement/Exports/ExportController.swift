import Entities
import HTTPTypes
import JSONCoding
import NIOCore
import Primitives
import ServiceKit

/// The HTTP operations of exports.
struct ExportController: Sendable {
    let service: ExportService
    let exports: EntityRepository
    let tenants: EntityRepository
    let catalog: EntityCatalog
    let limits: QueryLimits

    private static let collection = "/tenants/{id}/exports"
    private static let member = "/tenant-exports/{id}"
    private static let mediaType = "application/x-tar"

    var operations: [Operation] {
        [request(), list(), find(), download()]
    }

    private func request() -> Operation {
        Operation(
            .post, Self.collection, id: "TenantExportController.create",
            summary: "Make an archive of all that belongs to a tenant",
            access: ExportPolicy.request, parameters: [.id],
            responses: [
                .init(
                    .accepted, "The export that is being made", schema: TenantExport.entity.schema,
                    headers: [.location])
            ],
            failures: [
                .notFound: "There is no such tenant",
                .conflict: "The personal data of the tenant was erased (TENANT_ERASED)",
            ],
            idempotency: .recover { recovery in
                Self.accepted(try await service.latest(of: try recovery.created(), in: recovery.scope))
            },
            handler: .scoped { call in
                Self.accepted(try await service.request(try call.request.identifier(), in: call.writeContext))
            })
    }

    private static func accepted(_ export: Record) -> OperationResponse {
        var response = OperationResponse.json(export.json, status: .accepted)
        if let id = try? export.id { response.headers[.location] = "/tenant-exports/\(id)" }
        return response
    }

    /// `GET /tenants/{id}/exports`: a page at a time, the newest first.
    private func list() -> Operation {
        let entity = TenantExport.entity
        return Operation(
            .get, Self.collection, id: "TenantExportController.find", summary: "The exports of a tenant",
            access: ExportPolicy.view,
            parameters: [.id, .filter(entity, limits), .cursor, .preferCount],
            responses: [
                .init(
                    .ok, "Array of TenantExport", schema: .array(of: entity.schema),
                    headers: [.link, .totalCount, .preferenceApplied])
            ],
            failures: [.notFound: "There is no such tenant"],
            handler: .scoped { call in
                let tenant = try call.request.identifier()
                let list = try ListQuery(
                    call, of: entity, in: catalog, limits: limits, views: nil,
                    order: [Order(TenantExport.requestedOn, descending: true)])
                guard try await tenants.count(.equals(Entity.id, tenant), in: call.scope) == 1 else {
                    throw HTTPFailure.entityNotFound
                }
                return try await list.page(
                    of: exports, where: .equals(TenantExport.tenantID, tenant), for: call)
            })
    }

    private func find() -> Operation {
        Operation(
            .get, Self.member, id: "TenantExportController.findById", summary: "An export of a tenant",
            access: ExportPolicy.view, parameters: [.id, .ifNoneMatch],
            responses: [
                .init(.ok, "The export", schema: TenantExport.entity.schema, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: "There is no such export"],
            handler: .scoped { call in
                do {
                    return try .entity(
                        try await exports.findByID(try call.request.identifier(), in: call.scope), for: call.request)
                } catch RepositoryError.notFound {
                    throw HTTPFailure.entityNotFound
                }
            })
    }

    /// `GET /tenant-exports/{id}/archive`: whole, or in ranges.
    private func download() -> Operation {
        Operation(
            .get, "\(Self.member)/archive", id: "TenantExportController.download",
            summary: "Download the archive of an export (tar), in ranges if it is large",
            access: ExportPolicy.download,
            parameters: [
                .id,
                .init(
                    "Range", in: .header, schema: .string(maxLength: 100),
                    description: "bytes=first-last; a range longer than 8 MiB is cut off", form: .syntax),
            ],
            responses: [
                .init(.ok, "The whole archive", mediaType: Self.mediaType, headers: [.contentDisposition]),
                .init(.partialContent, "The range", mediaType: Self.mediaType, headers: [.contentDisposition]),
            ],
            failures: [
                .badRequest: "The archive is too large for one response (RANGE_NEEDED)",
                .notFound: "There is no such export",
                .conflict: "The archive is not finished, has failed, or was deleted (EXPORT_NOT_AVAILABLE)",
                .rangeNotSatisfiable: "The range is malformed or outside the archive",
            ],
            handler: .scoped { call in
                let id = try call.request.identifier()
                let range = call.request.headers[.range].flatMap { ByteRange.isUnderstood($0) ? $0 : nil }
                let part = try await service.read(id, range: range)
                var headers: HTTPFields = [
                    .contentDisposition: "attachment; filename=\"tenant-export-\(id).tar\"",
                    .cacheControl: "private, no-store", .acceptRanges: "bytes",
                ]
                let isPartial = range != nil
                if isPartial {
                    headers[.contentRange] = "bytes \(part.range.first)-\(part.range.last)/\(part.size)"
                }
                return OperationResponse(
                    status: isPartial ? .partialContent : .ok, headers: headers, body: ByteBuffer(bytes: part.bytes),
                    mediaType: Self.mediaType)
            })
    }
}
