package import Entities
package import JSONCoding

/// The members of events that were released: consumers rely on them, so they are never removed or narrowed.
///
/// docs/asyncapi/released.json holds them as JSON. A release adds to it what is new (`arc asyncapi --released`).
package struct ReleasedEvents: Sendable, Equatable {
    private struct Event: Sendable, Equatable {
        let version: Int
        let fields: [SchemaField]
    }

    private var events: [String: Event] = [:]

    package init(_ descriptions: [EventDescription]) {
        for event in descriptions { events[event.type] = Event(version: event.version, fields: event.data.fields) }
    }

    /// Reads what ``json`` has written.
    /// - Throws: ``Malformed``.
    package init(parsing text: [UInt8]) throws(Malformed) {
        guard let root = (try? JSONValue.parse(text))?.objectValue else { throw Malformed(event: "the document") }
        for (type, value) in root {
            guard let version = value["version"]?.intValue, let members = value["fields"]?.objectValue else {
                throw Malformed(event: type)
            }
            var fields: [SchemaField] = []
            for (path, member) in members {
                guard let field = Self.field(path, member) else { throw Malformed(event: type) }
                fields.append(field)
            }
            events[type] = Event(version: version, fields: fields)
        }
    }

    /// A document that is not one of released events.
    package struct Malformed: Error, Sendable {
        package let event: String
    }

    private static func field(_ path: String, _ value: JSONValue) -> SchemaField? {
        guard let type = value["type"]?.stringValue, let isRequired = value["required"]?.boolValue else { return nil }
        return SchemaField(
            path: path, type: type, format: value["format"]?.stringValue, isRequired: isRequired,
            isNullable: value["nullable"]?.boolValue ?? false, allowedValues: value["enum"]?.arrayValue ?? [])
    }

    /// As JSON, sorted by type.
    package var json: JSONValue {
        .object(
            JSONObject(
                events.sorted { $0.key < $1.key }.map { type, event in
                    let fields = event.fields.map { ($0.path, Self.json(of: $0)) }
                    return (type, ["version": .integer(event.version), "fields": .object(JSONObject(fields))])
                }))
    }

    private static func json(of field: SchemaField) -> JSONValue {
        var object: JSONObject = ["type": .string(field.type), "required": .bool(field.isRequired)]
        if let format = field.format { object["format"] = .string(format) }
        if field.isNullable { object["nullable"] = true }
        if !field.allowedValues.isEmpty { object["enum"] = .array(field.allowedValues) }
        return .object(object)
    }

    /// What a consumer of the released events would miss in others.
    package func problems(in current: ReleasedEvents) -> [String] {
        var problems: [String] = []
        for (type, released) in events.sorted(by: { $0.key < $1.key }) {
            guard let event = current.events[type] else {
                problems.append("\(type) is not published any more")
                continue
            }
            if event.version != released.version {
                problems.append("\(type) has version \(event.version) instead of \(released.version)")
            }
            let fields = Dictionary(event.fields.map { ($0.path, $0) }) { first, _ in first }
            for field in released.fields {
                if let problem = Self.problem(field, fields[field.path]) {
                    problems.append("\(type): \(field.path) \(problem)")
                }
            }
        }
        return problems
    }

    private static func problem(_ released: SchemaField, _ current: SchemaField?) -> String? {
        guard let current else { return "was removed" }
        // What could be anything may be described more closely, and whole numbers are numbers.
        let isSameType =
            released.type == current.type || released.type == "any"
            || (released.type == "number" && current.type == "integer")
        if !isSameType { return "is \(current.type) instead of \(released.type)" }
        if let format = released.format, format != current.format {
            return "has format \(current.format ?? "none") instead of \(format)"
        }
        if released.isRequired, !current.isRequired { return "is not always there any more" }
        if !released.isNullable, current.isNullable { return "can be null" }
        if !current.allowedValues.isEmpty {
            if released.allowedValues.isEmpty, released.type != "any" { return "has only some values" }
            if !released.allowedValues.allSatisfy(current.allowedValues.contains) { return "has fewer values" }
        }
        return nil
    }
}
