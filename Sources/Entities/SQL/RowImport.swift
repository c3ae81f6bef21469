import JSONCoding
package import PostgresClient
package import Primitives

/// Why rows of an archive cannot be stored.
package enum RowImportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The database has no such table.
    case unknownTable(String)
    /// The table has no such column: the archive was made by a newer version.
    case unknownColumn(table: String, column: String)
    /// A line is no JSON object.
    case malformedRow(table: String, line: Int)
    /// Tables refer to each other in a circle.
    case circularReferences([String])
    /// A row is there, or would be afterwards, that belongs to another tenant.
    case foreignRow(table: String, id: String)

    package var description: String {
        switch self {
        case .unknownTable(let table): "the database has no table \(table)"
        case .unknownColumn(let table, let column):
            "the table \(table) has no column \(column): the archive was made by a newer version"
        case .malformedRow(let table, let line): "row \(line) of \(table) is not a JSON object"
        case .foreignRow(let table, let id): "the row \(id) of \(table) belongs to another tenant"
        case .circularReferences(let tables): "the tables \(tables.joined(separator: ", ")) refer to each other"
        }
    }
}

/// Stores rows of an archive in a transaction of its caller: all of them with their ids, in an order that references allow.
package struct RowImport: Sendable {
    /// What becomes of rows that are there already. Nothing changes them.
    package enum Existing: Sendable, Hashable {
        /// They are an error.
        case refused
        /// They stay: of catalogs, which tenants share. So do others that have the same unique values.
        case shared
        /// They stay, because they are the tenant's. Others that have the same unique values are an error.
        case own
    }

    /// The rows of a table.
    package struct TableRows: Sendable {
        package let table: String
        package let rows: [[UInt8]]
        package let existing: Existing

        package init(table: String, rows: [[UInt8]], existing: Existing) {
            self.table = table
            self.rows = rows
            self.existing = existing
        }
    }

    private let tables: [TableRows]
    private let naturalKeys: [String: String]

    /// - Parameter naturalKeys: By table, a column that is unique: a row that is there already under another id takes the place of
    ///   the archive's, and what refers to that one refers to it. For catalogs that every installation has from the beginning.
    package init(_ tables: [TableRows], naturalKeys: [String: String] = [:]) {
        self.tables = tables
        self.naturalKeys = naturalKeys
    }

    /// - Returns: How many rows were stored.
    /// - Throws: ``RowImportError``, or an error of the database.
    package func store(in transaction: PostgresTransaction) async throws -> Int {
        var known: [String: Set<String>] = [:]
        var columns: [String: [String]] = [:]
        for row in try await transaction.query(RowArchive.columns).rows {
            let (table, column) = (try row.text(0), try row.text(1))
            known[table, default: []].insert(column)
            if !(try row.bool(2)) { columns[table, default: []].append(column) }
        }
        for table in tables { try check(table, known[table.table]) }
        var stored = 0
        var aliases: [String: String] = [:]
        for table in try await ordered(in: transaction) {
            let table = try await withExisting(table, &aliases, in: transaction)
            for start in stride(from: 0, to: table.rows.count, by: RowArchive.batchSize) {
                let rows = table.rows[start..<min(start + RowArchive.batchSize, table.rows.count)]
                let array =
                    [UInt8(ascii: "[")] + Array(rows.joined(separator: [UInt8(ascii: ",")])) + [UInt8(ascii: "]")]
                stored += try await transaction.query(
                    RowArchive.loading(
                        into: table.table, columns: columns[table.table] ?? [], rows: array,
                        existing: table.existing)
                ).affectedRows
            }
        }
        return stored
    }

    /// Makes sure that all rows of the archive belong to a tenant, those that were stored and those that were there.
    /// - Throws: ``RowImportError/foreignRow(table:id:)``, or an error of the database.
    package func checkOwner(
        _ tenant: Identifier, entities: [Entity], in transaction: PostgresTransaction
    ) async throws {
        for table in tables where table.existing != .shared {
            guard let entity = entities.first(where: { $0.table == table.table }) else { continue }
            let ids = table.rows.compactMap { row in
                (try? JSONValue.parse(stored: row))?["id"]?.stringValue.flatMap { Identifier($0) }
            }
            guard let statement = RowArchive.foreign(entity, ids: ids, of: tenant),
                let id = try await transaction.query(statement).first?.text(0)
            else { continue }
            throw RowImportError.foreignRow(table: table.table, id: id)
        }
    }

    /// The rows of a table without those that are there under another id, and with references to these.
    private func withExisting(
        _ table: TableRows, _ aliases: inout [String: String], in transaction: PostgresTransaction
    ) async throws -> TableRows {
        var rows = table.rows
        if !aliases.isEmpty {
            rows = rows.map { row in
                var text = String(decoding: row, as: UTF8.self)
                for (archived, existing) in aliases { text = text.replacing(archived, with: existing) }
                return Array(text.utf8)
            }
        }
        guard table.existing == .shared, let column = naturalKeys[table.table] else {
            return TableRows(table: table.table, rows: rows, existing: table.existing)
        }
        var existing: [String: String] = [:]
        for row in try await transaction.query(RowArchive.keys(of: table.table, in: column)).rows {
            existing[try row.text(0)] = try row.text(1)
        }
        rows = rows.filter { row in
            guard let members = try? JSONValue.parse(stored: row), let key = members[column]?.stringValue,
                let id = members["id"]?.stringValue, let other = existing[key], other != id
            else { return true }
            aliases[id] = other
            return false
        }
        return TableRows(table: table.table, rows: rows, existing: .shared)
    }

    /// Every member of every row must have a column, or data would be lost silently.
    private func check(_ table: TableRows, _ known: Set<String>?) throws(RowImportError) {
        guard let known else { throw .unknownTable(table.table) }
        for (index, bytes) in table.rows.enumerated() {
            guard let row = (try? JSONValue.parse(stored: bytes))?.objectValue else {
                throw .malformedRow(table: table.table, line: index + 1)
            }
            for (name, _) in row where !known.contains(name) {
                throw .unknownColumn(table: table.table, column: name)
            }
        }
    }

    /// What is referred to comes first. References that are checked at the end of the transaction do not matter.
    private func ordered(in transaction: PostgresTransaction) async throws -> [TableRows] {
        var targets: [String: Set<String>] = [:]
        for row in try await transaction.query(Self.references).rows {
            targets[try row.text(0), default: []].insert(try row.text(1))
        }
        var rest = tables
        var ordered: [TableRows] = []
        while !rest.isEmpty {
            let names = Set(rest.map(\.table))
            let next = rest.filter { table in
                (targets[table.table] ?? []).subtracting([table.table]).isDisjoint(with: names)
            }
            guard !next.isEmpty else { throw RowImportError.circularReferences(names.sorted()) }
            ordered += next
            let done = Set(next.map(\.table))
            rest.removeAll { done.contains($0.table) }
        }
        return ordered
    }

    private static let references: PostgresStatement = """
        SELECT source.relname::text, target.relname::text
        FROM pg_constraint AS c JOIN pg_class AS source ON source.oid = c.conrelid
            JOIN pg_class AS target ON target.oid = c.confrelid
        WHERE c.contype = 'f' AND NOT c.condeferred AND source.relnamespace = 'main'::regnamespace
        """
}
