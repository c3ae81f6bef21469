import CLibpq
package import Primitives

/// One row of a result. Reading decodes from the server's binary form; nothing is decoded twice or in advance.
///
/// All reading methods throw `PostgresError` of kind `.decoding` when the column does not exist or has another type;
/// those without `IfPresent` also when the value is NULL.
package struct PostgresRow: Sendable {
    let result: PostgresResult
    let index: Int

    /// Whether the value is NULL; also when there is no such column.
    package func isNull(_ column: Int) -> Bool {
        guard column >= 0, column < result.columnCount else { return true }
        return PQgetisnull(result.raw, Int32(truncatingIfNeeded: index), Int32(truncatingIfNeeded: column)) != 0
    }

    /// Lends the value's bytes in PostgreSQL's binary form (of `jsonb` with its version byte), without copying.
    /// NULL and missing columns are empty.
    package func withBytes<R, E: Error>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        guard column >= 0, column < result.columnCount else {
            return try body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        let row = Int32(truncatingIfNeeded: index)
        let field = Int32(truncatingIfNeeded: column)
        let length = Int(PQgetlength(result.raw, row, field))
        return try body(UnsafeRawBufferPointer(start: PQgetvalue(result.raw, row, field), count: length))
    }

    /// Lends the value; a column that does not exist is NULL.
    package func withDatum<R>(_ column: Int, _ body: (PostgresDatum) -> R) -> R {
        guard column >= 0, column < result.columnCount else { return body(PostgresDatum(type: 0, bytes: nil)) }
        return withExtendedLifetime(result) { body(datum(column)) }
    }

    /// Lends the values of all columns one after the other.
    package func forEachColumn(_ body: (Int, PostgresDatum) -> Void) {
        withExtendedLifetime(result) {
            for column in 0..<result.columnCount { body(column, datum(column)) }
        }
    }

    private func datum(_ column: Int) -> PostgresDatum {
        let row = Int32(truncatingIfNeeded: index)
        let field = Int32(truncatingIfNeeded: column)
        let type = PQftype(result.raw, field)
        let length = Int(PQgetlength(result.raw, row, field))
        // NULL has no length: only then is there something to ask.
        if length == 0, PQgetisnull(result.raw, row, field) != 0 { return PostgresDatum(type: type, bytes: nil) }
        return PostgresDatum(
            type: type, bytes: UnsafeRawBufferPointer(start: PQgetvalue(result.raw, row, field), count: length))
    }

    /// Lends the UTF-8 bytes of a text-like or JSON column, without copying; `nil` for NULL.
    package func withTextIfPresent<R>(
        _ column: Int, _ body: (UnsafeRawBufferPointer) -> R
    ) throws(PostgresError) -> R? {
        try decode(column, "text") { $0.text.map(body) }
    }

    /// Reads a `bool`.
    package func bool(_ column: Int) throws(PostgresError) -> Bool { try require(boolIfPresent(column), column) }

    /// Reads a `bool` or NULL.
    package func boolIfPresent(_ column: Int) throws(PostgresError) -> Bool? {
        try decode(column, "bool") { $0.bool }
    }

    /// Reads an `int2`, `int4`, `int8` or `oid`.
    package func int64(_ column: Int) throws(PostgresError) -> Int64 { try require(int64IfPresent(column), column) }

    /// Reads an `int2`, `int4`, `int8` or `oid`, or NULL.
    package func int64IfPresent(_ column: Int) throws(PostgresError) -> Int64? {
        try decode(column, "integer") { $0.int64 }
    }

    /// Reads an integer column as `Int`.
    package func int(_ column: Int) throws(PostgresError) -> Int { Int(try int64(column)) }

    /// Reads an integer column as `Int`, or NULL.
    package func intIfPresent(_ column: Int) throws(PostgresError) -> Int? {
        try int64IfPresent(column).map { Int($0) }
    }

    /// Reads a `float4` or `float8`.
    package func double(_ column: Int) throws(PostgresError) -> Double { try require(doubleIfPresent(column), column) }

    /// Reads a `float4` or `float8`, or NULL.
    package func doubleIfPresent(_ column: Int) throws(PostgresError) -> Double? {
        try decode(column, "double") { $0.double }
    }

    /// Reads `text`, `varchar`, `bpchar`, `name`, or the text of `json` and `jsonb`.
    package func text(_ column: Int) throws(PostgresError) -> String { try require(textIfPresent(column), column) }

    /// Reads `text`, `varchar`, `bpchar`, `name`, or the text of `json` and `jsonb`, or NULL.
    package func textIfPresent(_ column: Int) throws(PostgresError) -> String? {
        try withTextIfPresent(column) { String(decoding: $0, as: UTF8.self) }
    }

    /// Reads a `uuid`.
    package func identifier(_ column: Int) throws(PostgresError) -> Identifier {
        try require(identifierIfPresent(column), column)
    }

    /// Reads a `uuid` or NULL.
    package func identifierIfPresent(_ column: Int) throws(PostgresError) -> Identifier? {
        try decode(column, "uuid") { $0.identifier }
    }

    /// Reads a `timestamptz`; also `timestamp` and `date`, taken as UTC. `infinity` is a decoding error.
    package func timestamp(_ column: Int) throws(PostgresError) -> Timestamp {
        try require(timestampIfPresent(column), column)
    }

    /// Reads a `timestamptz`, `timestamp` or `date` (as UTC), or NULL.
    package func timestampIfPresent(_ column: Int) throws(PostgresError) -> Timestamp? {
        try decode(column, "timestamp") { $0.timestamp }
    }

    /// Reads a `numeric` as exact decimal text with the column's scale, e.g. `-12.50`; integers too.
    package func numericText(_ column: Int) throws(PostgresError) -> String {
        try require(numericTextIfPresent(column), column)
    }

    /// Reads a `numeric` (or an integer) as exact decimal text, or NULL.
    package func numericTextIfPresent(_ column: Int) throws(PostgresError) -> String? {
        try decode(column, "numeric") { $0.numericText }
    }

    /// Reads the text of `json` or `jsonb`.
    package func json(_ column: Int) throws(PostgresError) -> [UInt8] { try require(jsonIfPresent(column), column) }

    /// Reads the text of `json` or `jsonb`, or NULL.
    package func jsonIfPresent(_ column: Int) throws(PostgresError) -> [UInt8]? {
        try decode(column, "json") { $0.json.map { [UInt8]($0) } }
    }

    /// Reads a `bytea`.
    package func bytes(_ column: Int) throws(PostgresError) -> [UInt8] { try require(bytesIfPresent(column), column) }

    /// Reads a `bytea` or NULL.
    package func bytesIfPresent(_ column: Int) throws(PostgresError) -> [UInt8]? {
        try decode(column, "bytea") { $0.byteArray }
    }

    /// Reads a `text[]` or `varchar[]`; an element that is NULL is a decoding error.
    package func textArray(_ column: Int) throws(PostgresError) -> [String] {
        try require(textArrayIfPresent(column), column)
    }

    /// Reads a `text[]` or `varchar[]`, or NULL.
    package func textArrayIfPresent(_ column: Int) throws(PostgresError) -> [String]? {
        try decode(column, "text[]") { $0.textArray }
    }

    /// Reads a `uuid[]`.
    package func identifierArray(_ column: Int) throws(PostgresError) -> [Identifier] {
        try require(identifierArrayIfPresent(column), column)
    }

    /// Reads a `uuid[]` or NULL.
    package func identifierArrayIfPresent(_ column: Int) throws(PostgresError) -> [Identifier]? {
        try decode(column, "uuid[]") { $0.elements { $0.identifier } }
    }

    /// Reads an `int2[]`, `int4[]` or `int8[]`.
    package func int64Array(_ column: Int) throws(PostgresError) -> [Int64] {
        try require(int64ArrayIfPresent(column), column)
    }

    /// Reads an `int2[]`, `int4[]` or `int8[]`, or NULL.
    package func int64ArrayIfPresent(_ column: Int) throws(PostgresError) -> [Int64]? {
        try decode(column, "integer[]") { $0.elements { $0.int64 } }
    }
}

extension PostgresRow {
    /// `nil` for NULL; throws when `body` cannot make a value of the type at hand.
    private func decode<Value>(
        _ column: Int, _ expected: StaticString, _ body: (PostgresDatum) -> Value?
    ) throws(PostgresError) -> Value? {
        guard column >= 0, column < result.columnCount else {
            throw PostgresError(.decoding, "no column \(column)")
        }
        if isNull(column) { return nil }
        let type = result.columnType(column)
        guard let value = withBytes(column, { body(PostgresDatum(type: type, bytes: $0)) }) else {
            throw PostgresError(.decoding, "column \(column) of type \(type) is not \(expected)")
        }
        return value
    }

    private func require<Value>(_ value: Value?, _ column: Int) throws(PostgresError) -> Value {
        guard let value else { throw PostgresError(.decoding, "column \(column) is NULL") }
        return value
    }
}
