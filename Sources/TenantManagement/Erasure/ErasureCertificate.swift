import Entities
import JSONCoding
import Primitives

/// What is kept of an erasure: what was erased, removed and kept, without the data itself, and with a checksum.
struct ErasureCertificate: Sendable {
    /// The fields of an entity.
    struct Part: Sendable {
        let entity: String
        let fields: [String]
        let rows: Int
    }

    /// The version of the layout.
    private static let version = 1

    let tenant: Identifier
    let erasedOn: Timestamp
    let erasedBy: String?
    let erased: [Part]
    /// Tables from which rows were removed as a whole.
    let removed: [(table: String, rows: Int)]
    /// Fields that invoices need.
    let kept: [Part]

    /// The certificate as it is stored and shown.
    var json: [UInt8] {
        var content: JSONObject = [
            "version": .integer(Self.version), "tenantId": .identifier(tenant),
            "erasedOn": .string(erasedOn.description),
        ]
        if let erasedBy { content["erasedBy"] = .string(erasedBy) }
        content["erased"] = .array(
            erased.map { part in
                [
                    "entity": .string(part.entity), "fields": .array(part.fields.map { .string($0) }),
                    "rows": .integer(part.rows),
                ]
            })
        content["removed"] = .array(
            removed.map { removal in ["table": .string(removal.table), "rows": .integer(removal.rows)] })
        content["keptForInvoices"] = .array(
            kept.map { part in
                ["entity": .string(part.entity), "fields": .array(part.fields.map { .string($0) })]
            })
        return content.certificateText
    }

    static let schema = Schema.object(
        [
            .init("version", .integer(), required: true), .init("tenantId", .string(format: .uuid), required: true),
            .init("erasedOn", .string(format: .dateTime), required: true), .init("erasedBy", .string()),
            .init(
                "erased",
                .array(
                    of: .object(
                        [
                            .init("entity", .string(), required: true),
                            .init("fields", .array(of: .string()), required: true),
                            .init("rows", .integer(), required: true),
                        ], name: "ErasedFields")), required: true),
            .init(
                "removed",
                .array(
                    of: .object(
                        [.init("table", .string(), required: true), .init("rows", .integer(), required: true)],
                        name: "RemovedRows")), required: true),
            .init(
                "keptForInvoices",
                .array(
                    of: .object(
                        [
                            .init("entity", .string(), required: true),
                            .init("fields", .array(of: .string()), required: true),
                        ], name: "KeptFields")), required: true),
            .init(
                "sha256", .string().described("SHA-256 of the same JSON text without this member"), required: true),
        ], name: "TenantErasureCertificate")
}
