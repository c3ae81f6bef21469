package import JSONCoding
import PostgresClient
package import Primitives

/// The row that an insert of these values makes, for an event that leaves in the same transaction and cannot wait for the
/// row to be read back. The audit block is what the insert sets: created and changed at an instant (the time of the
/// insert, as close as the caller knows it) by the scope's actor.
extension FieldValues {
    /// Writes the row as the members of a JSON object.
    package func writeMembers(at instant: Timestamp, in scope: TenantScope, to writer: inout JSONWriter) {
        forEachShown(at: instant, in: scope) { field, value in
            writer.key(field.name)
            write(value, to: &writer)
        }
    }

    /// The members of the row as JSON shows them.
    package func members(at instant: Timestamp, in scope: TenantScope) throws -> JSONObject {
        var members = JSONObject()
        try forEachShown(at: instant, in: scope) { field, value in members[field.name] = try value.json() }
        return members
    }

    private func forEachShown<E: Error>(
        at instant: Timestamp, in scope: TenantScope, _ body: (FieldDefinition, PostgresValue) throws(E) -> Void
    ) throws(E) {
        for field in entity.properties where field.access != .hidden {
            guard entity.audit == .visible || !AuditBlock.names.contains(field.name) else { continue }
            switch field.name {
            case Entity.id.name: try body(field, identifier.map { .identifier($0) } ?? .null)
            case AuditBlock.deleted.name: try body(field, .bool(false))
            case AuditBlock.createdOn.name, AuditBlock.modifiedOn.name: try body(field, .timestamp(instant))
            case AuditBlock.createdBy.name, AuditBlock.modifiedBy.name: try body(field, scope.actor.value(for: field))
            default: try body(field, self[field.name] ?? .null)
            }
        }
    }

    private func write(_ value: PostgresValue, to writer: inout JSONWriter) {
        switch value {
        case .null: writer.null()
        case .bool(let flag): writer.bool(flag)
        case .int16(let number): writer.integer(number)
        case .int32(let number): writer.integer(number)
        case .int64(let number): writer.integer(number)
        case .double(let number): writer.double(number)
        case .numeric(let literal): writer.number(literal: literal)
        case .text(let text): writer.string(text)
        case .identifier(let identifier): writer.identifier(identifier)
        case .timestamp(let timestamp): writer.timestamp(timestamp)
        case .json(let bytes): writer.raw(bytes)
        case .textArray(let texts):
            writer.beginArray()
            for text in texts { writer.string(text) }
            writer.endArray()
        default: writer.null()
        }
    }
}

extension PostgresValue {
    /// The value as JSON shows it; what no field holds is null.
    fileprivate func json() throws(JSONParseError) -> JSONValue {
        switch self {
        case .bool(let flag): .bool(flag)
        case .int16, .int32, .int64: integerValue.map { .integer($0) } ?? .null
        case .double(let number): .double(number)
        case .numeric(let literal): JSONNumber(literal: literal).map { .number($0) } ?? .null
        case .text(let text): .string(text)
        case .identifier(let identifier): .identifier(identifier)
        case .timestamp(let timestamp): .timestamp(timestamp)
        case .json(let bytes): try JSONValue.parse(stored: bytes)
        case .textArray(let texts): .array(texts.map { .string($0) })
        default: .null
        }
    }
}
