import Crypto
import Entities
import FoundationEssentials
import Logging
import NIOCore
import PostgresClient
import Primitives
import ServicePlatform
import WorkQueue

/// Makes the archive of a tenant and stores it in chunks.
struct ExportBuilder: Sendable {
    let pool: PostgresPool
    let repository: ExportRepository
    let data: ExportDataRepository
    let entities: [Entity]
    let invoices: EntityRepository
    let documents: InvoiceDownloadService
    let maximumSize: Int
    /// The newest migration, which the archive is made for.
    let migration: Int
    let system: TenantScope
    let clock: any WallClock

    /// Rows of work in progress, and what was delivered to webhooks, which is of no use elsewhere.
    private static let omittedTables: Set<String> = [
        TenantExport.entity.table, WebhookDelivery.entity.table, WebhookAttempt.entity.table,
        WebhookReplay.entity.table,
        // A chain is of no use elsewhere; `arc audit export` writes one that can be verified.
        AuditLogEntity.entity.table,
    ]

    func handle(_ work: ExportWork) async throws -> Settlement<FinishedExport> {
        guard let parts = try await repository.parts(of: work.id) else {
            return .deadLetter(reason: "the subscription service has not sent its rows in time")
        }
        if parts.hasPrefix("!") { return .deadLetter(reason: String(parts.dropFirst())) }
        let dataState = try await data.state(of: work.id)
        guard dataState != .awaited else {
            return .deadLetter(reason: "the orchestrator has not sent the application data in time")
        }
        try await repository.removeChunks(of: work.id)
        let now = clock.now()
        var archive = ArchiveSink(work: work, repository: repository, maximumSize: maximumSize, now: now)
        for table in try await ownTables(of: work.tenant) { try await archive.add(table, of: "tenant-management") }
        for table in try Self.tables(in: parts) { try await archive.add(table, of: "subscription") }
        var leftOut = [
            ArchiveManifest.Omission(
                what: "secrets and deliveries of webhook endpoints",
                reason: "secrets cannot be used elsewhere: endpoints are disabled until they get new ones")
        ]
        for invoice in try await invoiceIDs(of: work.tenant) {
            do {
                let document = try await documents.document(invoice, in: system)
                try await archive.add("invoices/\(invoice).pdf", Array(document.readableBytesView))
            } catch PrintingError.notDrawn, PrintingError.tooLarge {
                leftOut.append(.init(what: "invoices/\(invoice).pdf", reason: "the invoice could not be drawn"))
            }
        }
        var applicationData: ArchiveManifest.ApplicationData?
        switch dataState {
        case .complete(let exported):
            try await add(exported, of: work, to: &archive)
            applicationData = ArchiveManifest.ApplicationData(
                file: exported.file, kind: exported.kind, name: exported.name, tier: exported.tier)
        case .none(let reason), .notRequested(let reason):
            leftOut.append(ArchiveManifest.Omission(what: "application data", reason: reason))
        case .awaited: break
        }
        let manifest = ArchiveManifest(
            tenant: work.tenant, tenantKey: try await key(of: work.tenant), export: work.id, exportedOn: now,
            migration: migration, files: archive.files, leftOut: leftOut, applicationData: applicationData)
        return .done(try await archive.finish(manifest))
    }

    /// Copies what was received of the application data, a part at a time.
    private func add(_ exported: ExportedData, of work: ExportWork, to archive: inout ArchiveSink) async throws {
        try await archive.begin(exported.file, size: exported.size, sha256: exported.sha256)
        var hasher = SHA256()
        var size = 0
        for position in 0..<exported.parts {
            guard let part = try await data.part(position, of: work.id, attempt: exported.attempt) else {
                throw DamagedData()
            }
            hasher.update(data: Data(part))
            size += part.count
            guard size <= exported.size else { throw DamagedData() }
            try await archive.append(part)
        }
        let checksum = Hex.encode(Array(hasher.finalize()))
        guard size == exported.size, checksum == exported.sha256 else { throw DamagedData() }
        try await archive.append(TarArchive.padding(after: size))
    }

    /// Application data that is not what its sender says.
    private struct DamagedData: PermanentFailure {
        var reason: String { "the application data that was received is not what its checksum says" }
    }

    private func key(of tenant: Identifier) async throws -> String? {
        try await pool.withTransaction(settings: TenantScope.everyTenant, as: .read) { transaction in
            try await ExportRepository.subject(tenant, transaction)?.key
        }
    }

    /// The rows of this service, all of one moment.
    private func ownTables(of tenant: Identifier) async throws -> [ExportedTable] {
        try await pool.withTransaction(
            settings: TenantScope.everyTenant, isolation: .repeatableRead, as: .read
        ) { transaction in
            let lead = try await ExportRepository.lead(of: tenant, transaction)
            var tables: [ExportedTable] = []
            for entity in entities
            where entity.tenancy != .shared && !Self.omittedTables.contains(entity.table) {
                var rows: [String] = []
                // The address of the lead need not be the tenant's.
                let owners = [tenant] + (entity == Address.entity ? [lead].compactMap(\.self) : [])
                for owner in owners {
                    guard let statement = RowArchive.dumping(entity, of: owner) else { continue }
                    for row in try await transaction.query(statement).rows {
                        let text = try row.text(0)
                        if owners.count == 1 || !rows.contains(text) { rows.append(text) }
                    }
                }
                if !rows.isEmpty { tables.append(ExportedTable(table: entity.table, isShared: false, rows: rows)) }
            }
            return tables
        }
    }

    /// The rows of another service, by table.
    private static func tables(in lines: String) throws -> [ExportedTable] {
        var tables: [ExportedTable] = []
        for line in lines.split(separator: "\n") {
            let columns = line.split(separator: "\t", maxSplits: 2)
            guard columns.count == 3 else { throw MalformedPart() }
            let table = String(columns[0])
            if tables.last?.table != table {
                tables.append(ExportedTable(table: table, isShared: columns[1] == "shared", rows: []))
            }
            tables[tables.count - 1].rows.append(String(columns[2]))
        }
        return tables
    }

    /// A part of another service that is not made of lines with three columns.
    private struct MalformedPart: PermanentFailure {
        var reason: String { "the subscription service has sent rows that cannot be read" }
    }

    private func invoiceIDs(of tenant: Identifier) async throws -> [Identifier] {
        let filter = Filter(where: .equals(Invoice.tenantID, tenant), fields: .only(Entity.id))
        return try await invoices.find(filter, in: system).map { try $0.id }
    }
}
