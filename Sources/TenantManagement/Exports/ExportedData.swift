import JSONCoding

/// The application data of a tenant as they were received for an archive.
struct ExportedData: Sendable, Hashable {
    static let kinds = ["postgres-schema", "postgres-database", "exec", "http"]

    let attempt: Int
    let parts: Int
    /// Bytes of all parts.
    let size: Int
    let sha256: String
    /// One of ``kinds``.
    let kind: String
    /// Of the schema or database.
    let name: String?
    let tier: String?

    /// The file in the archive.
    var file: String { kind.hasPrefix("postgres") ? "application-data/postgres.dump" : "application-data/data" }

    /// As the table has it.
    var json: [UInt8] {
        var object: JSONObject = [
            "attempt": .integer(attempt), "parts": .integer(parts), "size": .integer(size), "sha256": .string(sha256),
            "kind": .string(kind),
        ]
        if let name { object["name"] = .string(name) }
        if let tier { object["tier"] = .string(tier) }
        return JSONValue.object(object).serialized()
    }
}

/// What has become of the application data of an export.
enum ExportDataState: Sendable, Hashable {
    /// Nobody was asked for them.
    case notRequested(reason: String)
    /// They are still awaited.
    case awaited
    case complete(ExportedData)
    /// There is no data that could be sent.
    case none(reason: String)

    /// Reads what the table has.
    /// - Parameters:
    ///   - stored: As ``ExportedData/json`` or ``none(reason:)`` has been stored; nil for nothing yet.
    ///   - isAwaited: Whether somebody was asked.
    init(stored: [UInt8]?, isAwaited: Bool) {
        let value = stored.flatMap { try? JSONValue.parse(stored: $0) }
        if let value, let attempt = value["attempt"]?.intValue, let parts = value["parts"]?.intValue,
            let size = value["size"]?.intValue, let sha256 = value["sha256"]?.stringValue,
            let kind = value["kind"]?.stringValue
        {
            self = .complete(
                ExportedData(
                    attempt: attempt, parts: parts, size: size, sha256: sha256, kind: kind,
                    name: value["name"]?.stringValue, tier: value["tier"]?.stringValue))
        } else if let reason = value?["reason"]?.stringValue {
            self = isAwaited ? .none(reason: reason) : .notRequested(reason: reason)
        } else {
            self = .awaited
        }
    }

    /// As the table has it instead of ``ExportedData/json``.
    static func stored(reason: String) -> [UInt8] { JSONValue.object(["reason": .string(reason)]).serialized() }
}
