import JSONCoding
import PostgresClient
import Primitives

/// A value that is not sealed under the current key.
struct StaleValue: Sendable {
    let row: SealedRow
    /// In the order of the key.
    let key: [String]
    let value: Value

    enum Value: Sendable {
        case bytes([UInt8])
        case document(String)
    }
}

/// Reads sealed columns and replaces what is in them.
struct SealedColumnRepository: Sendable {
    /// Behind row-level security the rows of all tenants are visible with this setting.
    private static let settings = [PostgresSetting("app.tenant_id", "*")]

    let pool: PostgresPool
    let column: SealedColumn
    let prefix: [UInt8]
    private let statements: ResealStatements

    init(pool: PostgresPool, column: SealedColumn, prefix: [UInt8]) {
        self.pool = pool
        self.column = column
        self.prefix = prefix
        statements = ResealStatements(column)
    }

    /// Rows in the order of the key.
    struct Page: Sendable {
        let rowCount: Int
        let values: [StaleValue]
        /// The key of the last row; nil for an empty page.
        let last: [String]?
    }

    func page(after last: [String]?, limit: Int) async throws(PostgresError) -> Page {
        var values: [PostgresValue] = [.int64(Int64(limit))]
        if column.form == .bytes { values.append(.bytes(prefix)) }
        values += (last ?? []).map { .text($0) }
        let result = try await pool.query(
            last == nil ? statements.firstPage : statements.nextPage, values, settings: Self.settings, as: .read)
        let names = column.key.map(\.name) + column.others
        var stale: [StaleValue] = []
        var key: [String]?
        for row in result.rows {
            var texts: [String: String] = [:]
            for (index, name) in names.enumerated() { texts[name] = try row.textIfPresent(index) ?? "" }
            let rowKey = column.key.map { texts[$0.name] ?? "" }
            key = rowKey
            let value: StaleValue.Value
            var document: JSONValue?
            if column.form == .bytes {
                guard let bytes = try row.bytesIfPresent(names.count) else { continue }
                value = .bytes(bytes)
            } else {
                guard let text = try row.textIfPresent(names.count) else { continue }
                value = .document(text)
                document = try? JSONValue.parse(stored: text)
            }
            stale.append(
                StaleValue(row: SealedRow(texts: texts, document: document), key: rowKey, value: value))
        }
        return Page(rowCount: result.rows.count, values: stale, last: key)
    }

    /// - Returns: How many rows were changed.
    func replace(_ changes: [(value: StaleValue, latest: StaleValue.Value)]) async throws(PostgresError) -> Int {
        guard !changes.isEmpty else { return 0 }
        let rows = changes.map { change -> JSONValue in
            var row = JSONObject(zip(column.key, change.value.key).map { ($0.name, JSONValue.string($1)) })
            row["former"] = .string(Self.text(change.value.value))
            row["latest"] = .string(Self.text(change.latest))
            return .object(row)
        }
        return try await pool.query(
            statements.update, [.json(JSONValue.array(rows).serialized())], settings: Self.settings
        ).affectedRows
    }

    /// About how many rows there are.
    func estimatedRows() async throws(PostgresError) -> Int {
        try await pool.query(
            ResealStatements.estimate, [.text(column.table)], settings: Self.settings, as: .read
        ).first?.int(0) ?? 0
    }

    private static func text(_ value: StaleValue.Value) -> String {
        switch value {
        case .bytes(let bytes): Hex.encode(bytes)
        case .document(let text): text
        }
    }
}
