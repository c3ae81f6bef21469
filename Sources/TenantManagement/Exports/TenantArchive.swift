import Crypto
package import Entities
import FoundationEssentials
import JSONCoding
package import PostgresClient
package import Primitives

/// An archive that was read and found to be whole.
package struct TenantArchive: Sendable {
    /// What is wrong with an archive.
    package enum Problem: Error, Sendable, Hashable, CustomStringConvertible {
        case notAnArchive(TarError)
        case noManifest
        /// It was made by a newer version.
        case newer(migration: Int)
        case missing(String)
        /// A file that the manifest does not list.
        case unlisted(String)
        case checksum(String)

        package var description: String {
            switch self {
            case .notAnArchive: "the file is not an archive of a tenant, or it is incomplete"
            case .noManifest: "the archive has no manifest that this version understands"
            case .newer(let migration):
                "the archive was made by a newer version (migration \(migration)); upgrade this installation first"
            case .missing(let name): "\(name) is listed in the manifest and is not in the archive"
            case .unlisted(let name): "\(name) is not listed in the manifest"
            case .checksum(let name): "\(name) is not what the manifest says: its size or checksum differs"
            }
        }
    }

    package let manifest: ArchiveManifest
    /// The rows, by the names of their files.
    private let contents: [String: [UInt8]]
    /// Where the other files are in the archive.
    private let offsets: [String: Int]

    /// Reads an archive and compares every file with the manifest.
    /// - Parameter migration: The newest migration of this version.
    package init(_ bytes: [UInt8], migration: Int) throws(Problem) {
        var position = 0
        try self.init(
            TarReader { count in
                let part = Array(bytes[min(position, bytes.count)...].prefix(count))
                position += part.count
                return part
            }, migration: migration)
    }

    /// The same with the archive in a file, of which only the rows are kept in memory.
    package init(file: ArchiveFile, migration: Int) throws(Problem) {
        try self.init(TarReader { count in try file.read(count) }, migration: migration)
    }

    private init(_ reader: TarReader, migration: Int) throws(Problem) {
        var reader = reader
        var contents: [String: [UInt8]] = [:]
        var found: [String: ArchiveManifest.File] = [:]
        var offsets: [String: Int] = [:]
        do throws(TarError) {
            while let entry = try reader.next() {
                // The first one of a name counts.
                guard found[entry.name] == nil else { continue }
                let keeps = entry.name == ArchiveManifest.name || entry.name.hasSuffix(Self.rowsSuffix)
                var content: [UInt8] = []
                var hasher = SHA256()
                while true {
                    let part = try reader.content(1 << 20)
                    if part.isEmpty { break }
                    hasher.update(data: Data(part))
                    if keeps { content += part }
                }
                if keeps { contents[entry.name] = content }
                offsets[entry.name] = entry.offset
                found[entry.name] = ArchiveManifest.File(
                    name: entry.name, size: entry.size, sha256: Hex.encode(Array(hasher.finalize())))
            }
        } catch {
            throw .notAnArchive(error)
        }
        found[ArchiveManifest.name] = nil
        guard let text = contents.removeValue(forKey: ArchiveManifest.name), let manifest = ArchiveManifest(text) else {
            throw .noManifest
        }
        guard manifest.migration <= migration else { throw .newer(migration: manifest.migration) }
        for file in manifest.files {
            guard let there = found[file.name] else { throw .missing(file.name) }
            guard there.size == file.size, there.sha256 == file.sha256 else { throw .checksum(file.name) }
        }
        let listed = Set(manifest.files.map(\.name))
        if let name = found.keys.sorted().first(where: { !listed.contains($0) }) { throw .unlisted(name) }
        self.manifest = manifest
        self.contents = contents
        self.offsets = offsets
    }

    private static let rowsSuffix = ".jsonl"

    /// Copies the application data out of the archive, a piece at a time.
    /// - Parameters:
    ///   - archive: The file that this archive was read from.
    ///   - path: A file that does not exist yet.
    /// - Throws: ``Problem/missing(_:)`` for an archive without application data; ``ArchiveFile/Failure``.
    package func extractApplicationData(from archive: ArchiveFile, to path: String) throws {
        guard let data = manifest.applicationData, let offset = offsets[data.file],
            let file = manifest.files.first(where: { $0.name == data.file })
        else { throw Problem.missing("application data") }
        try archive.seek(to: offset)
        let target = try ArchiveFile(creating: path)
        var rest = file.size
        while rest > 0 {
            let part = try archive.read(min(rest, 1 << 20))
            guard !part.isEmpty else { throw Problem.notAnArchive(.truncated) }
            try target.write(part)
            rest -= part.count
        }
        try target.close()
    }

    /// Why a tenant cannot be stored.
    package enum Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        /// It is there, and was not off-boarded.
        case exists(Identifier)
        /// Its personal data was erased here, which is for good.
        case erased(Identifier)
        /// It is there, so its key cannot be another one.
        case keyOfExisting(Identifier)

        package var description: String {
            switch self {
            case .exists(let tenant): "the tenant \(tenant) exists already and was not off-boarded"
            case .erased(let tenant): "the personal data of the tenant \(tenant) was erased here"
            case .keyOfExisting(let tenant): "the tenant \(tenant) exists already, so that its key cannot be changed"
            }
        }
    }

    /// Stores the rows of a service in a transaction of its database. A tenant that was off-boarded here gets what is missing; what it
    /// has is newer and stays.
    /// - Parameters:
    ///   - service: As the manifest names it: `tenant-management` or `subscription`.
    ///   - key: The tenant's key here, in place of the archive's, which another tenant has.
    ///   - entities: Those of the service, which say whose a row is.
    /// - Returns: How many rows were stored.
    /// - Throws: ``Refusal``, `RowImportError`, or an error of the database.
    package func store(
        _ service: String, key: String? = nil, entities: [Entity], in transaction: PostgresTransaction
    ) async throws -> Int {
        let isOwn = service == "tenant-management"
        let isThere = isOwn ? try await isThere(key: key, in: transaction) : false
        // Rows of other services may be there since an attempt that has failed afterwards.
        let tables = try rows(of: service, existing: isOwn && !isThere ? .refused : .own, key: key)
        let rows = RowImport(tables, naturalKeys: Self.naturalKeys)
        let stored = try await rows.store(in: transaction)
        // Addresses are whose tenant or lead names them.
        try await rows.checkOwner(
            manifest.tenant, entities: entities.filter { $0 != Address.entity && $0 != Lead.entity }, in: transaction)
        if isOwn {
            _ = try await transaction.query(Self.disablingWebhooks, [.identifier(manifest.tenant)])
            _ = try await transaction.query(Self.announcing, [.identifier(manifest.tenant)])
        }
        return stored
    }

    /// Whether the tenant is there, and may be restored.
    private func isThere(key: String?, in transaction: PostgresTransaction) async throws -> Bool {
        let tenant = manifest.tenant
        guard let row = try await transaction.query(Self.finding, [.identifier(tenant)]).first else { return false }
        if try row.bool(0) { throw Refusal.erased(tenant) }
        guard try row.bool(1) else { throw Refusal.exists(tenant) }
        if key != nil { throw Refusal.keyOfExisting(tenant) }
        return true
    }

    private func rows(
        of service: String, existing: RowImport.Existing, key: String?
    ) throws -> [RowImport.TableRows] {
        try manifest.files.filter { $0.service == service }.compactMap { file in
            guard let table = file.table, let content = contents[file.name] else { return nil }
            var rows = content.split(separator: UInt8(ascii: "\n")).map { Array($0) }
            if let key, table == Tenant.entity.table { rows = try rows.map { try Self.renamed($0, to: key) } }
            return RowImport.TableRows(table: table, rows: rows, existing: file.isShared ? .shared : existing)
        }
    }

    /// The row of a tenant with another key.
    private static func renamed(_ row: [UInt8], to key: String) throws -> [UInt8] {
        var members = try JSONValue.parse(stored: row).objectValue ?? [:]
        members["key"] = .string(key)
        return JSONValue.object(members).serialized()
    }

    /// Whether a text can be the key of a tenant.
    package static func isKey(_ text: String) -> Bool {
        Tenant.key.definition.schema.validate(.string(text)).isEmpty
    }

    /// Every installation has currencies from the beginning, under its own ids.
    private static let naturalKeys = ["currencies": "currency_code"]

    private static let finding: PostgresStatement = """
        SELECT EXISTS (SELECT FROM main.erasures WHERE tenant_id = tenant.id), NOT deleted AND status = 5 AND EXISTS (
            SELECT FROM main.offboardings WHERE tenant_id = tenant.id AND state = 2 AND NOT is_superseded)
        FROM main.tenants AS tenant WHERE id = $1 FOR UPDATE
        """

    /// They have no secrets here, and the former installation may call them still.
    private static let disablingWebhooks: PostgresStatement = """
        UPDATE main.webhook_endpoints AS endpoint SET is_enabled = false WHERE owner_id = $1 AND is_enabled
            AND NOT EXISTS (SELECT FROM main.webhook_secrets WHERE endpoint_id = endpoint.id)
        """

    /// Other services learn that the tenant exists.
    private static let announcing: PostgresStatement = """
        INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
        SELECT gen_random_uuid(), 'TENANT_ACCESS_CHANGED', 1, id, date_trunc('milliseconds', now()), json_build_object(
            'tenantId', id, 'isBlocked', main.is_blocked(status, deleted), 'version', row_version)
        FROM main.tenants WHERE id = $1
        """
}
