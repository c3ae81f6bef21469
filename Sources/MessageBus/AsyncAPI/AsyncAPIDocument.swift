import Entities
package import JSONCoding

/// The AsyncAPI 3.0 document of the events of several services. A channel for each type of event; an operation for each
/// service that publishes it and for each group that consumes it.
package struct AsyncAPIDocument: Sendable {
    private let participants: [EventParticipant]
    /// By type; a type that several services publish has the same description in all of them.
    package let events: [EventDescription]

    package init(participants: [EventParticipant]) {
        self.participants = participants
        var events: [String: EventDescription] = [:]
        for event in participants.flatMap(\.publishes) where events[event.type] == nil { events[event.type] = event }
        self.events = events.values.sorted { $0.type < $1.type }
    }

    /// The document as JSON text. Everything is sorted, so that equal descriptions give equal text.
    package func json() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 64 * 1024)
        writer.beginObject()
        writer.member("asyncapi", "3.0.0")
        writer.member("id", "urn:arc:events")
        writer.key("info")
        writer.value([
            "title": "Events", "version": "1.0.0",
            "description": .string(Self.text),
            "license": ["name": "MIT"],
        ])
        writer.member("defaultContentType", "application/json")
        writer.key("channels")
        writer.beginObject()
        for event in events { writeChannel(event, to: &writer) }
        writer.endObject()
        writer.key("operations")
        writer.beginObject()
        for participant in participants { writeOperations(of: participant, to: &writer) }
        writer.endObject()
        writer.key("components")
        writer.beginObject()
        writer.key("messages")
        writer.beginObject()
        for event in events { writeMessage(event, to: &writer) }
        writer.endObject()
        writeSchemas(to: &writer)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    private static let text = """
        Every event that the services publish. The address of a channel is the type of its events: the member `type` of the \
        envelope on the PostgreSQL bus, `data.type` of a BullMQ job, the attribute `EventType` of an SQS message and the \
        detail type of an EventBridge entry. Delivery is at least once: a consumer recognizes repetitions by `id`. \
        Which bus keeps which promises is described in docs/events.md. Objects may have more members than described here; \
        released members are never removed or narrowed.
        """

    private func writeChannel(_ event: EventDescription, to writer: inout JSONWriter) {
        writer.key(event.type)
        writer.beginObject()
        writer.member("address", event.type)
        writer.member("description", event.summary)
        writer.key("messages")
        writer.value([event.type: Self.reference("components", "messages", event.type)])
        writer.endObject()
    }

    private func writeOperations(of participant: EventParticipant, to writer: inout JSONWriter) {
        for type in participant.publishes.map(\.type).sorted() {
            writeOperation("\(participant.name)-publish-\(type)", "send", type, by: participant.name, to: &writer)
        }
        for group in participant.groups.sorted(by: { $0.name < $1.name }) {
            for type in group.types.sorted() where events.contains(where: { $0.type == type }) {
                writeOperation(
                    "\(group.name.replacing(".", with: "-"))-consume-\(type)", "receive", type, by: participant.name,
                    to: &writer)
            }
        }
    }

    private func writeOperation(
        _ name: String, _ action: String, _ type: String, by service: String, to writer: inout JSONWriter
    ) {
        writer.key(name)
        writer.value([
            "action": .string(action), "channel": Self.reference("channels", type),
            "tags": [["name": .string(service)]],
            "messages": [Self.reference("channels", type, "messages", type)],
        ])
    }

    private func writeMessage(_ event: EventDescription, to writer: inout JSONWriter) {
        writer.key(event.type)
        writer.beginObject()
        writer.member("name", event.type)
        writer.member("title", EventDescription.typeName(event.type))
        writer.member("summary", event.summary)
        writer.member("contentType", "application/json")
        writer.key("payload")
        event.message.write(to: &writer)
        writer.key("examples")
        writer.value([["name": "example", "payload": event.message.sample()]])
        writer.endObject()
    }

    private func writeSchemas(to writer: inout JSONWriter) {
        var schemas: [String: Schema] = [:]
        for event in events { event.message.collectNamed(into: &schemas) }
        writer.key("schemas")
        writer.beginObject()
        for (name, schema) in schemas.sorted(by: { $0.key < $1.key }) {
            writer.key(name)
            schema.writeDefinition(to: &writer)
        }
        writer.endObject()
    }

    private static func reference(_ path: String...) -> JSONValue {
        ["$ref": .string("#/\(path.joined(separator: "/"))")]
    }
}
