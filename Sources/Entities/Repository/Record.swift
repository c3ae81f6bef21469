import PostgresClient
package import Primitives

/// One row of an entity as a statement returned it: values by field name, and its JSON, both read straight from
/// the result's memory.
///
/// Reading a field that the statement did not select, of another type, or (without `IfPresent`) that is unset,
/// throws `.unexpected`: a mistake of the code, not of the caller.
package struct Record: Sendable {
    let row: PostgresRow
    let projection: Projection
    /// Opens secret members in JSON; nil for entities without any. Fields are read as they are stored.
    let secrets: RecordSecrets?

    init(_ row: PostgresRow, _ projection: Projection, secrets: RecordSecrets? = nil) {
        self.row = row
        self.projection = projection
        self.secrets = secrets
    }

    private func read<Value>(
        _ field: String, _ body: (Int) throws(PostgresError) -> Value
    ) throws(RepositoryError) -> Value {
        guard let column = projection.position(of: field) else { throw .unexpected(sqlState: nil) }
        do { return try body(column) } catch { throw .from(error, entity: nil) }
    }

    /// The row's primary key.
    package var id: Identifier {
        get throws(RepositoryError) { try self[Entity.id] }
    }

    /// The row's version: larger after every change; what caches and ETags compare.
    package var version: Int64 {
        get throws(RepositoryError) {
            do { return try row.int64(Projection.versionColumn) } catch { throw .from(error, entity: nil) }
        }
    }

    /// The value of a field that is set.
    package subscript<Value: FieldValue>(_ field: Field<Value>) -> Value {
        get throws(RepositoryError) {
            guard let value = try self[ifPresent: field] else { throw .unexpected(sqlState: nil) }
            return value
        }
    }

    /// The value of a field; nil if it is unset.
    package subscript<Value: FieldValue>(ifPresent field: Field<Value>) -> Value? {
        get throws(RepositoryError) {
            guard let column = projection.position(of: field.name) else { throw .unexpected(sqlState: nil) }
            if row.isNull(column) { return nil }
            guard let value = row.withDatum(column, { Value(stored: $0) }) else { throw .unexpected(sqlState: nil) }
            return value
        }
    }

    /// Whether the field is unset (or was not selected).
    package func isUnset(_ field: some EntityField) -> Bool { isUnset(field.name) }

    /// Whether the field is unset (or was not selected).
    func isUnset(_ field: String) -> Bool { projection.position(of: field).map(row.isNull) ?? true }

    /// A text.
    func text(_ field: String) throws(RepositoryError) -> String { try read(field, row.text) }
    /// A UUID.
    func identifier(_ field: String) throws(RepositoryError) -> Identifier {
        try read(field, row.identifier)
    }
    /// A whole number.
    func integer(_ field: String) throws(RepositoryError) -> Int { try read(field, row.int) }
    /// A `numeric` as its exact decimal text.
    func number(_ field: String) throws(RepositoryError) -> String { try read(field, row.numericText) }
    /// A boolean.
    func boolean(_ field: String) throws(RepositoryError) -> Bool { try read(field, row.bool) }
    /// A moment.
    func timestamp(_ field: String) throws(RepositoryError) -> Timestamp { try read(field, row.timestamp) }
    /// A list of texts; empty when unset.
    func texts(_ field: String) throws(RepositoryError) -> [String] {
        try read(field, row.textArrayIfPresent) ?? []
    }
    /// A `jsonb` as JSON text, nil when unset.
    func jsonIfPresent(_ field: String) throws(RepositoryError) -> [UInt8]? {
        try read(field, row.jsonIfPresent)
    }
}
