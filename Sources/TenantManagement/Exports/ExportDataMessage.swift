import Entities
import FoundationEssentials
import JSONCoding

/// What the orchestrator, or a pipeline, says of the application data of a tenant that is being exported.
enum ExportDataMessage: Sendable, Hashable {
    /// A part of the data. Parts of an attempt have positions from 0 on; a higher attempt replaces those before it.
    case part(attempt: Int, position: Int, content: [UInt8])
    /// All parts were sent.
    case end(ExportedData)
    /// There is nothing that could be sent.
    case none(reason: String)
    /// The data cannot be sent: the export has failed.
    case failed(reason: String)

    enum Kind: String, CaseIterable {
        case part = "PART"
        case end = "END"
        case nothing = "NONE"
        case failed = "FAILED"
    }

    /// Bytes of a part.
    static let maximumPartSize = 512 << 10
    private static let maximumCount = Int(Int32.max)

    /// Reads a body that is valid by ``schema``.
    /// - Throws: ``ValidationFailure`` that names the member.
    init(_ body: JSONObject) throws(ValidationFailure) {
        func number(_ name: String) throws(ValidationFailure) -> Int {
            guard let number = body[name]?.intValue else { throw .required("", name) }
            return number
        }
        func text(_ name: String) throws(ValidationFailure) -> String {
            guard let text = body[name]?.stringValue else { throw .required("", name) }
            return text
        }
        switch Kind(rawValue: try text("type")) {
        case .part:
            let content = Data(base64Encoded: try text("content"))
            guard let content, !content.isEmpty, content.count <= Self.maximumPartSize else {
                throw .invalidField(
                    "/content", code: "format", "must be 1 to \(Self.maximumPartSize) bytes in base64")
            }
            self = .part(attempt: try number("attempt"), position: try number("position"), content: Array(content))
        case .end:
            self = .end(
                ExportedData(
                    attempt: try number("attempt"), parts: try number("parts"), size: try number("size"),
                    sha256: try text("sha256"), kind: try text("kind"), name: body["name"]?.stringValue,
                    tier: body["tier"]?.stringValue))
        case .nothing: self = .none(reason: try text("reason"))
        case .failed: self = .failed(reason: try text("reason"))
        case nil: throw .required("", "type")
        }
    }

    static let schema = Schema.object(
        [
            .init("type", .string(oneOf: Kind.allCases.map(\.rawValue)).example("PART"), required: true),
            .init(
                "attempt",
                .integer(minimum: 1, maximum: maximumCount).described(
                    "With PART and END. A higher one replaces what was sent before"
                ).example(1)),
            .init(
                "position",
                .integer(minimum: 0, maximum: maximumCount).described("With PART: from 0 on, without gaps").example(0)),
            .init(
                "content",
                .string(minLength: 4, maxLength: (maximumPartSize + 2) / 3 * 4).described(
                    "With PART: at most \(maximumPartSize) bytes in base64"
                ).example("UEdEUAo=")),
            .init("parts", .integer(minimum: 0, maximum: maximumCount).described("With END: how many were sent")),
            .init(
                "size",
                .integer(minimum: 0, maximum: 1 << 40).described("With END: bytes of all parts together")),
            .init(
                "sha256",
                .string(minLength: 64, maxLength: 64, pattern: .lowercaseAlphanumeric).described(
                    "With END: SHA-256 of all parts together, hexadecimal")),
            .init(
                "kind",
                .string(oneOf: ExportedData.kinds).described(
                    "With END: a schema or a database as pg_dump has written it (custom format), or what a command or pipeline has made"
                )),
            .init(
                "name",
                .string(minLength: 1, maxLength: 100, pattern: .visibleText).described(
                    "With END: of the schema or database"
                ).example("tenant_acme")),
            .init("tier", .string(minLength: 1, maxLength: 100, pattern: .visibleText).example("BASIC")),
            .init(
                "reason",
                .string(minLength: 1, maxLength: 300, pattern: .visibleText).described(
                    "With NONE and FAILED: why there is nothing, or what has failed")),
        ], name: "TenantExportData")
}
