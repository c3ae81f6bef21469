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
        if let secrets { return secrets.writeMembers(of: self, to: &writer) }
        writeStoredMembers(to: &writer)
    }

    /// Writes the members as they are stored, but those that a closure writes instead.
    /// - Parameter replacing: Returns whether it has written the column.
    func writeStoredMembers(
        to writer: inout JSONWriter, replacing: ((Projection.Column, inout JSONWriter) -> Bool)? = nil
    ) {
        projection.layout.withPointers { layout in
            row.forEachColumn { column, datum in
                // The first column is the row's version.
                if column == Projection.versionColumn { return }
                if column <= layout.count {
                    if let replacing, replacing(projection.columns[column - 1], &writer) { return }
                    return layout.writeMember(column - 1, datum, to: &writer)
                }
                projection.relations[column - projection.firstRelation].writeMember(datum, to: &writer)
            }
        }
    }

    /// The row as JSON text.
    package var json: [UInt8] { jsonBytes() }

    /// The shown properties in the entity's order, unset ones as `null`, without relations: the members of ``json``,
    /// without writing and reading a text.
    package func members() throws -> JSONObject {
        var members = JSONObject()
        for column in projection.columns where column.isShown {
            members[column.field.name] = try value(of: column.field)
        }
        return members
    }

    private func value(of field: FieldDefinition) throws -> JSONValue {
        let name = field.name
        if isUnset(name) { return .null }
        switch field.type {
        case .string: return .string(try text(name))
        case .identifier: return .identifier(try identifier(name))
        case .integer: return .integer(try integer(name))
        case .number: return JSONNumber(literal: try number(name)).map { .number($0) } ?? .null
        case .boolean: return .bool(try boolean(name))
        case .timestamp: return .timestamp(try timestamp(name))
        case .json:
            guard let stored = try jsonIfPresent(name) else { return .null }
            let document = try JSONValue.parse(stored: stored)
            return secrets?.opened(document, of: field, in: self) ?? document
        case .strings: return .array(try texts(name).map { .string($0) })
        }
    }
}

extension RelatedProjection {
    /// Writes the related rows as a member of the row's object; writes no member if there are no rows.
    func writeMember(_ datum: PostgresDatum, to writer: inout JSONWriter) {
        guard hasRows(datum) else { return }
        writer.key(name)
        writeValue(datum, to: &writer)
    }

    /// Whether there are related rows.
    func hasRows(_ datum: PostgresDatum) -> Bool { !datum.isNull && (kind == .one || !datum.isEmptyArray) }

    /// Writes the related rows: an object, or an array of objects.
    func writeValue(_ datum: PostgresDatum, to writer: inout JSONWriter) {
        layout.withPointers { layout in
            switch kind {
            case .one: writeObject(datum, layout, to: &writer)
            case .many:
                writer.beginArray()
                _ = datum.forEachElement { element in writeObject(element, layout, to: &writer) }
                writer.endArray()
            }
        }
    }

    private func writeObject(_ datum: PostgresDatum, _ layout: ObjectLayout.Pointers, to writer: inout JSONWriter) {
        writer.beginObject()
        _ = datum.forEachColumn { column, value in
            if column < layout.count { return layout.writeMember(column, value, to: &writer) }
            let relation = column - layout.count
            if relation < relations.count { relations[relation].writeMember(value, to: &writer) }
        }
        writer.endObject()
    }
}

/// Rows of an entity as one statement returned them.
package struct RecordList: Sendable, RandomAccessCollection, JSONWritable {
    private let result: PostgresResult
    private let projection: Projection
    private let secrets: RecordSecrets?
    /// The number of rows.
    package let endIndex: Int

    /// - Parameter prefix: how many of the rows belong to the list; nil: all.
    init(
        _ result: PostgresResult, _ projection: Projection, prefix: Int? = nil, secrets: RecordSecrets? = nil
    ) {
        self.result = result
        self.projection = projection
        self.secrets = secrets
        endIndex = Swift.min(result.rowCount, prefix ?? .max)
    }

    package var startIndex: Int { 0 }
    package subscript(position: Int) -> Record { Record(result[position], projection, secrets: secrets) }

    /// Writes a JSON array of the rows.
    package func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for record in self { record.write(to: &writer) }
        writer.endArray()
    }

    /// The rows as JSON text.
    package var json: [UInt8] {
        // JSON takes about twice the memory of the rows.
        var writer = JSONWriter(reservingCapacity: 64 + 2 * result.memorySize)
        write(to: &writer)
        return writer.bytes
    }
}
