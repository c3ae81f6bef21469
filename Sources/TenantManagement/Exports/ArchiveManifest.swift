import Crypto
import FoundationEssentials
import JSONCoding
package import Primitives

/// The file `manifest.json` of an archive: what is in it, with checksums, and what was left out.
package struct ArchiveManifest: Sendable, Hashable {
    package static let name = "manifest.json"
    /// The name of the format, and its version.
    static let format = "arc-tenant-archive"
    static let version = 1

    /// A file of the archive.
    package struct File: Sendable, Hashable {
        package let name: String
        package let size: Int
        package let sha256: String
        /// The service whose rows they are; nil for documents.
        package let service: String?
        package let table: String?
        package let rows: Int?
        /// Whether the rows are of a catalog that tenants share.
        package let isShared: Bool

        init(
            name: String, content: [UInt8], service: String? = nil, table: String? = nil, rows: Int? = nil,
            isShared: Bool = false
        ) {
            self.name = name
            size = content.count
            sha256 = ArchiveManifest.checksum(content)
            self.service = service
            self.table = table
            self.rows = rows
            self.isShared = isShared
        }

        /// A file whose content is known by its checksum.
        init(name: String, size: Int, sha256: String) {
            self.name = name
            self.size = size
            self.sha256 = sha256
            service = nil
            table = nil
            rows = nil
            isShared = false
        }

        fileprivate init?(_ value: JSONValue) {
            guard let name = value["name"]?.stringValue, let size = value["size"]?.intValue,
                let sha256 = value["sha256"]?.stringValue
            else { return nil }
            self.name = name
            self.size = size
            self.sha256 = sha256
            service = value["service"]?.stringValue
            table = value["table"]?.stringValue
            rows = value["rows"]?.intValue
            isShared = value["isShared"]?.boolValue ?? false
        }

        fileprivate var json: JSONValue {
            var object: JSONObject = [
                "name": .string(name), "size": .integer(size), "sha256": .string(sha256),
            ]
            if let service { object["service"] = .string(service) }
            if let table { object["table"] = .string(table) }
            if let rows { object["rows"] = .integer(rows) }
            if isShared { object["isShared"] = true }
            return .object(object)
        }
    }

    /// Something that belongs to the tenant and is not in the archive.
    package struct Omission: Sendable, Hashable {
        package let what: String
        package let reason: String
    }

    /// What the tenant's application has stored.
    package struct ApplicationData: Sendable, Hashable {
        /// The file of the archive.
        package let file: String
        /// `postgres-schema` or `postgres-database` for a dump in the custom format of pg_dump; `exec` or `http` for what a command
        /// or a pipeline has made.
        package let kind: String
        /// Of the schema or database.
        package let name: String?
        /// By which it was provisioned.
        package let tier: String?

        /// Whether PostgreSQL's tools can restore it.
        package var isDump: Bool { kind.hasPrefix("postgres") }

        init(file: String, kind: String, name: String?, tier: String?) {
            self.file = file
            self.kind = kind
            self.name = name
            self.tier = tier
        }

        fileprivate init?(_ value: JSONValue) {
            guard let file = value["file"]?.stringValue, let kind = value["kind"]?.stringValue else { return nil }
            self.init(file: file, kind: kind, name: value["name"]?.stringValue, tier: value["tier"]?.stringValue)
        }

        fileprivate var json: JSONValue {
            var object: JSONObject = ["file": .string(file), "kind": .string(kind)]
            if let name { object["name"] = .string(name) }
            if let tier { object["tier"] = .string(tier) }
            return .object(object)
        }
    }

    package let tenant: Identifier
    /// Nil in archives of former versions.
    package let tenantKey: String?
    package let export: Identifier
    package let exportedOn: Timestamp
    /// The newest migration of tenant management.
    package let migration: Int
    package let files: [File]
    package let leftOut: [Omission]
    /// Nil if it was left out.
    package let applicationData: ApplicationData?

    init(
        tenant: Identifier, tenantKey: String?, export: Identifier, exportedOn: Timestamp, migration: Int,
        files: [File], leftOut: [Omission], applicationData: ApplicationData?
    ) {
        self.tenant = tenant
        self.tenantKey = tenantKey
        self.applicationData = applicationData
        self.export = export
        self.exportedOn = exportedOn
        self.migration = migration
        self.files = files
        self.leftOut = leftOut
    }

    /// Reads one; nil if it is not one of this format and version.
    package init?(_ bytes: [UInt8]) {
        guard let root = try? JSONValue.parse(stored: bytes), root["format"]?.stringValue == Self.format,
            root["version"]?.intValue == Self.version,
            let tenant = root["tenantId"]?.stringValue.flatMap({ Identifier($0) }),
            let export = root["exportId"]?.stringValue.flatMap({ Identifier($0) }),
            let exportedOn = root["exportedOn"]?.stringValue.flatMap({ Timestamp(iso8601: $0) }),
            let migration = root["migration"]?.intValue, let listed = root["files"]?.arrayValue
        else { return nil }
        let files = listed.compactMap { File($0) }
        guard files.count == listed.count else { return nil }
        let data = root["applicationData"].map { ApplicationData($0) }
        // Something is there that cannot be read, or is in no file.
        if let data, !files.contains(where: { $0.name == data?.file }) { return nil }
        self.init(
            tenant: tenant, tenantKey: root["tenantKey"]?.stringValue, export: export, exportedOn: exportedOn,
            migration: migration, files: files,
            leftOut: (root["leftOut"]?.arrayValue ?? []).map {
                Omission(what: $0["what"]?.stringValue ?? "", reason: $0["reason"]?.stringValue ?? "")
            }, applicationData: data ?? nil)
    }

    var json: [UInt8] {
        var object: JSONObject = [
            "format": .string(Self.format), "version": .integer(Self.version), "tenantId": .identifier(tenant),
        ]
        if let tenantKey { object["tenantKey"] = .string(tenantKey) }
        object["exportId"] = .identifier(export)
        object["exportedOn"] = .string(exportedOn.description)
        object["migration"] = .integer(migration)
        object["files"] = .array(files.map(\.json))
        if let applicationData { object["applicationData"] = applicationData.json }
        object["leftOut"] = .array(leftOut.map { ["what": .string($0.what), "reason": .string($0.reason)] })
        return JSONValue.object(object).serialized()
    }

    /// SHA-256 in hexadecimal.
    static func checksum(_ bytes: [UInt8]) -> String { Hex.encode(Array(SHA256.hash(data: Data(bytes)))) }
}
