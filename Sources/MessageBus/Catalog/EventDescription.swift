package import Entities
package import JSONCoding
import Primitives

/// A type of event, described once beside the code that publishes it: what it means, and what its `data` is.
///
/// The AsyncAPI document, the check that released members stay, and the tests of published events follow from it. A feature
/// lists its descriptions in `ServiceFeature.events`.
package struct EventDescription: Sendable {
    /// See ``EventType``.
    package let type: String
    /// The version of the layout of `data`.
    package let version: Int
    /// What it means, in a sentence or two.
    package let summary: String
    /// What `data` is: an open object, so that members can be added.
    package let data: Schema

    /// - Parameter members: Those of `data`; what is always there is required.
    package init(_ type: String, version: Int = 1, _ summary: String, _ members: [Schema.Property]) {
        self.type = type
        self.version = version
        self.summary = summary
        data = .object(members, name: "\(Self.typeName(type))Data", isClosed: false).described(summary)
    }

    /// The event as it travels: its envelope.
    package var message: Schema {
        .object(
            [
                .init(
                    "id",
                    .string(format: .uuid).described("Identity of the event; the same however often it is delivered"),
                    required: true),
                .init("type", .string(oneOf: [type]), required: true),
                .init(
                    "version", .integer(oneOf: [version]).described("Version of the layout of `data`"), required: true),
                .init(
                    "tenantId",
                    .string(format: .uuid).described("Absent if it concerns no tenant. Orders the events of a tenant.")),
                .init("occurredAt", .string(format: .dateTime), required: true),
                .init(
                    "traceparent",
                    .string(maxLength: 255).described("W3C Trace Context").example(
                        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")),
                .init(
                    "tracestate",
                    .string(maxLength: TraceState.maximumLength).described("W3C Trace Context").example(
                        "congo=t61rcWkgMzE")),
                .init("data", data, required: true),
            ], name: "\(Self.typeName(type))Event", isClosed: false
        ).described(summary)
    }

    /// `TENANT_CREATED` as `TenantCreated`.
    package static func typeName(_ type: String) -> String {
        type.split(separator: "_").map { $0.prefix(1) + $0.dropFirst().lowercased() }.joined()
    }

    /// Everything about an event that its description does not allow: the data of one that a service has published.
    package func problems(in event: EventEnvelope) -> [String] {
        guard event.type == type, event.version == version else { return ["is not a \(type) of version \(version)"] }
        guard let value = try? JSONValue.parse(event.data) else { return ["is no JSON"] }
        return data.validate(value).map { "\($0.path) \($0.message)" }
    }
}

extension EventDescription: Equatable {
    package static func == (left: EventDescription, right: EventDescription) -> Bool {
        left.type == right.type && left.version == right.version && left.data == right.data
    }
}
