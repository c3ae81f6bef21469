package import JSONCoding
import PostgresClient
import Primitives

extension Record: JSONWritable {
    /// Writes the row as a JSON object: shown properties in the entity's order, unset ones as `null`, then the
    /// included relations that have rows.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writeMembers(to: &writer)
        writer.endObject()
    }

    /// Writes the members without the braces, for responses that add members of their own.
    package func writeMembers(to writer: inout JSONWriter) {
        for (offset, column) in projection.columns.enumerated() where column.isShown {
            writer.key(column.key)
            row.withDatum(offset + 1) { column.field.type.write($0, to: &writer) }
        }
        for (offset, relation) in projection.relations.enumerated() {
            row.withDatum(projection.firstRelation + offset) { relation.writeMember($0, to: &writer) }
        }
    }

    /// The row as JSON text.
    package var json: [UInt8] { jsonBytes() }
}

extension FieldType {
    /// Writes a value of the type as JSON.
    ///
    /// A value of another type than described is written as `null`: a response is never broken half-way. Such a
    /// difference between description and table is found by the entity's own tests.
    func write(_ datum: PostgresDatum, to writer: inout JSONWriter) {
        switch self {
        case .string:
            if let text = datum.text { return writer.string(utf8: text) }
        case .identifier:
            if let identifier = datum.identifier { return writer.identifier(identifier) }
        case .integer:
            if let number = datum.int64 { return writer.integer(number) }
        case .number:
            if let literal = datum.numericText { return writer.number(literal: literal) }
        case .boolean:
            if let flag = datum.bool { return writer.bool(flag) }
        case .timestamp:
            if let timestamp = datum.timestamp { return writer.timestamp(timestamp) }
        case .json:
            if let json = datum.text { return writer.raw(json) }
        case .strings:
            if let texts = datum.textArray {
                writer.beginArray()
                for text in texts { writer.string(text) }
                return writer.endArray()
            }
        }
        writer.null()
    }
}

extension RelatedProjection {
    /// Writes the related rows as a member of the row's object: nothing at all when there are none.
    func writeMember(_ datum: PostgresDatum, to writer: inout JSONWriter) {
        guard !datum.isNull else { return }
        writer.key(name)
        writeValue(datum, to: &writer)
    }

    /// Writes the related rows: an object, or an array of objects.
    func writeValue(_ datum: PostgresDatum, to writer: inout JSONWriter) {
        switch kind {
        case .one: writeObject(datum, to: &writer)
        case .many:
            writer.beginArray()
            _ = datum.elements { element in writeObject(element, to: &writer) }
            writer.endArray()
        }
    }

    private func writeObject(_ datum: PostgresDatum, to writer: inout JSONWriter) {
        writer.beginObject()
        _ = datum.forEachColumn { column, value in
            if column >= columns.count {
                let relation = column - columns.count
                if relation < relations.count { relations[relation].writeMember(value, to: &writer) }
            } else if columns[column].isShown {
                writer.key(columns[column].key)
                columns[column].field.type.write(value, to: &writer)
            }
        }
        writer.endObject()
    }
}

/// Rows of an entity as one statement returned them.
package struct RecordList: Sendable, RandomAccessCollection, JSONWritable {
    private let result: PostgresResult
    private let projection: Projection
    /// The number of rows.
    package let endIndex: Int

    /// - Parameter prefix: how many of the rows belong to the list; nil: all.
    init(_ result: PostgresResult, _ projection: Projection, prefix: Int? = nil) {
        self.result = result
        self.projection = projection
        endIndex = Swift.min(result.rowCount, prefix ?? .max)
    }

    package var startIndex: Int { 0 }
    package subscript(position: Int) -> Record { Record(result[position], projection) }

    /// Writes a JSON array of the rows.
    package func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for record in self { record.write(to: &writer) }
        writer.endArray()
    }

    /// The rows as JSON text.
    package var json: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 64 + count * 512)
        write(to: &writer)
        return writer.bytes
    }
}
