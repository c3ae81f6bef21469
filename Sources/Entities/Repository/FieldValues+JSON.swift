package import JSONCoding
import PostgresClient
package import Primitives

extension FieldValues {
    /// Writes the row that an insert of these values makes, as the members of a JSON object, for an event that leaves in
    /// the same transaction and cannot wait for the row to be read back.
    ///
    /// The audit block is what the insert sets: created and changed at `instant` by the scope's actor.
    /// - Parameters:
    ///   - instant: The time of the insert, as close as the caller knows it.
    ///   - scope: The scope of the insert.
    package func writeMembers(at instant: Timestamp, in scope: TenantScope, to writer: inout JSONWriter) {
        for field in entity.properties where field.access != .hidden {
            guard entity.audit == .visible || !AuditBlock.names.contains(field.name) else { continue }
            writer.key(field.name)
            switch field.name {
            case "id": write(identifier.map { .identifier($0) } ?? .null, to: &writer)
            case "deleted": writer.bool(false)
            case "createdOn", "modifiedOn": writer.timestamp(instant)
            case "createdBy", "modifiedBy": write(scope.actor.value(for: field), to: &writer)
            default: write(self[field.name] ?? .null, to: &writer)
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
