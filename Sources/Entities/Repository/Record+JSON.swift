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
            writer.key(column.field.name)
            writeValue(column.field.type, offset + 1, to: &writer)
        }
        for (offset, relation) in projection.relations.enumerated() {
            let column = projection.firstRelation + offset
            guard !row.isNull(column) else { continue }
            writer.key(relation)
            row.withBytes(column) { writer.raw($0) }
        }
    }

    /// The row as JSON text.
    package var json: [UInt8] { jsonBytes() }

    /// A value of another type than described is written as `null`: a response is never broken half-way. Such a
    /// difference between description and table is found by the entity's own tests.
    private func writeValue(_ type: FieldType, _ column: Int, to writer: inout JSONWriter) {
        guard !row.isNull(column) else { return writer.null() }
        do {
            switch type {
            case .string:
                guard try row.withTextIfPresent(column, { writer.string(utf8: $0) }) != nil else {
                    return writer.null()
                }
            case .identifier: writer.identifier(try row.identifier(column))
            case .integer: writer.integer(try row.int64(column))
            case .number: writer.number(literal: try row.numericText(column))
            case .boolean: writer.bool(try row.bool(column))
            case .timestamp: writer.timestamp(try row.timestamp(column))
            case .json:
                guard try row.withTextIfPresent(column, { writer.raw($0) }) != nil else { return writer.null() }
            case .strings:
                let texts = try row.textArray(column)
                writer.beginArray()
                for text in texts { writer.string(text) }
                writer.endArray()
            }
        } catch {
            writer.null()
        }
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
