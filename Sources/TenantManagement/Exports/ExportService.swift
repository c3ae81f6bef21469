import Entities
import PostgresClient
import Primitives

/// Requests exports and reads archives.
struct ExportService: Sendable {
    let pool: PostgresPool
    let repository: ExportRepository
    let exports: EntityRepository
    let requests: ExportRequests

    /// `POST /tenants/{id}/exports`. While one is being made, another request returns that one.
    /// - Throws: ``ExportError``.
    func request(_ tenant: Identifier, in context: WriteContext) async throws -> Record {
        let id = try await context.withTransaction(on: pool, resource: tenant) { transaction in
            guard try await SuspensionRepository.lock(tenant, transaction) != nil else { throw ExportError.notFound }
            return try await requests.request(tenant, in: context, transaction)
        }
        return try await exports.findByID(id, in: context.scope)
    }

    /// The newest export of a tenant.
    /// - Throws: ``ExportError/notFound``.
    func latest(of tenant: Identifier, in scope: TenantScope) async throws -> Record {
        let filter = Filter(
            where: .equals(TenantExport.tenantID, tenant),
            order: [Order(TenantExport.requestedOn, descending: true)], limit: 1)
        guard let record = try await exports.find(filter, in: scope).first else { throw ExportError.notFound }
        return record
    }

    /// A part of an archive.
    struct Part: Sendable {
        let range: ByteRange
        let size: Int64
        let bytes: [UInt8]
    }

    /// Reads an archive, or the range of it that a header asks for.
    /// - Throws: ``ExportError``.
    func read(_ export: Identifier, range header: String?) async throws -> Part {
        guard let (state, size) = try await repository.archive(export) else { throw ExportError.notFound }
        guard state == .done else { throw ExportError.notAvailable(state) }
        guard header != nil || size <= Int64(ByteRange.maximumLength) else {
            throw ExportError.rangeNeeded(limit: ByteRange.maximumLength)
        }
        let range = try ByteRange(header: header ?? "bytes=0-", size: size)
        let bytes = try await repository.bytes(of: export, range)
        // Deleted in the meantime.
        guard bytes.count == range.length else { throw ExportError.notAvailable(.expired) }
        return Part(range: range, size: size, bytes: bytes)
    }
}
