import PostgresClient

/// A row that a relation includes, lent while it is read: fields by name, straight from the result's memory. Hidden fields
/// are not part of it.
package struct RelatedRow {
    private let values: [PostgresDatum]
    private let projection: RelatedProjection

    /// The row that a record holds; nil if the value is not a record.
    fileprivate init?(_ record: PostgresDatum, _ projection: RelatedProjection) {
        var values: [PostgresDatum] = []
        guard record.forEachColumn({ _, value in values.append(value) }) else { return nil }
        self.values = values
        self.projection = projection
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
            guard let column = projection.columns.firstIndex(where: { $0.field.name == field.name }),
                values.indices.contains(column)
            else { throw .unexpected(sqlState: nil) }
            if values[column].isNull { return nil }
            guard let value = Value(stored: values[column]) else { throw .unexpected(sqlState: nil) }
            return value
        }
    }

    /// Reads the rows that a relation of this row includes in turn.
    package func related<Item>(_ relation: Relation, _ read: (RelatedRow) throws -> Item) throws -> [Item] {
        guard let offset = projection.relations.firstIndex(where: { $0.name == relation.name }),
            values.indices.contains(projection.columns.count + offset)
        else { throw RepositoryError.unexpected(sqlState: nil) }
        return try projection.relations[offset].rows(values[projection.columns.count + offset], read)
    }
}

extension Record {
    /// Reads the rows that a relation includes, in their order.
    /// - Throws: what `read` throws; `.unexpected` if the statement did not include the relation.
    package func related<Item>(_ relation: Relation, _ read: (RelatedRow) throws -> Item) throws -> [Item] {
        guard let offset = projection.relations.firstIndex(where: { $0.name == relation.name }) else {
            throw RepositoryError.unexpected(sqlState: nil)
        }
        let related = projection.relations[offset]
        return try row.withDatum(projection.firstRelation + offset) { datum in
            Result { try related.rows(datum, read) }
        }.get()
    }
}

extension RelatedProjection {
    /// Reads the rows of a value: one record or an array of them.
    fileprivate func rows<Item>(_ datum: PostgresDatum, _ read: (RelatedRow) throws -> Item) throws -> [Item] {
        guard hasRows(datum) else { return [] }
        var rows: [Item] = []
        var failure: (any Error)?
        func add(_ record: PostgresDatum) {
            guard failure == nil else { return }
            do {
                guard let row = RelatedRow(record, self) else { throw RepositoryError.unexpected(sqlState: nil) }
                rows.append(try read(row))
            } catch {
                failure = error
            }
        }
        switch kind {
        case .one: add(datum)
        case .many: _ = datum.forEachElement(add)
        }
        if let failure { throw failure }
        return rows
    }
}
