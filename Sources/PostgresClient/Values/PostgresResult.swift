import CLibpq

/// The rows that a statement returned, held in libpq's memory and decoded where they are used.
///
/// `@unchecked Sendable`: the PGresult is never changed after it was made; libpq allows reading it from any thread.
package final class PostgresResult: @unchecked Sendable {
    let raw: OpaquePointer
    /// The number of rows returned.
    package let rowCount: Int
    /// The number of columns returned.
    package let columnCount: Int

    /// Takes ownership of a PGresult.
    init(taking raw: OpaquePointer) {
        self.raw = raw
        self.rowCount = Int(PQntuples(raw))
        self.columnCount = Int(PQnfields(raw))
    }

    deinit {
        PQclear(raw)
    }

    /// How much memory the rows take, in bytes.
    package var memorySize: Int { PQresultMemorySize(raw) }

    /// The number of rows that INSERT, UPDATE, DELETE, MERGE or SELECT touched; 0 for other commands.
    package var affectedRows: Int {
        guard let text = PQcmdTuples(raw) else { return 0 }
        return Int(String(cString: text)) ?? 0
    }

    /// The command that was run, e.g. `INSERT 0 1`.
    package var commandTag: String {
        PQcmdStatus(raw).map { String(cString: $0) } ?? ""
    }

    /// The row at an index from 0 to `rowCount - 1`.
    package subscript(row: Int) -> PostgresRow {
        precondition(row >= 0 && row < rowCount, "row out of range")
        return PostgresRow(result: self, index: row)
    }

    /// All rows.
    package var rows: PostgresRows { PostgresRows(result: self) }

    /// The first row, if there is one.
    package var first: PostgresRow? { rowCount > 0 ? PostgresRow(result: self, index: 0) : nil }

    /// The index of the first column of that name, as the server wrote it.
    package func columnIndex(_ name: String) -> Int? {
        for index in 0..<columnCount where columnName(index) == name { return index }
        return nil
    }

    /// The name of a column; empty when there is no such column.
    package func columnName(_ index: Int) -> String {
        PQfname(raw, Int32(truncatingIfNeeded: index)).map { String(cString: $0) } ?? ""
    }

    /// The number that PostgreSQL gives to the column's type (`pg_type.oid`); 0 when there is no such column.
    package func columnType(_ index: Int) -> UInt32 {
        PQftype(raw, Int32(truncatingIfNeeded: index))
    }
}

/// The rows of a result.
package struct PostgresRows: RandomAccessCollection, Sendable {
    let result: PostgresResult

    package var startIndex: Int { 0 }
    package var endIndex: Int { result.rowCount }
    package subscript(position: Int) -> PostgresRow { result[position] }
}
