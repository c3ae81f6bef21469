import Entities
import HTTPTypes
import JSONCoding
package import MessageBus
import Primitives
package import ServiceKit

/// Bodies.
extension EventOperationsController {
    static let maximumReasonLength = 500

    private static let groupName = Schema.string(
        minLength: 1, maxLength: 100,
        pattern: Pattern(regex: "^[a-z0-9._-]+$") { text in EventEnvelope.isValid(group: text) }
    ).example("orchestrator")

    static let replaySchema = Schema.object(
        [
            .init(
                "reason",
                .string(minLength: 1, maxLength: maximumReasonLength, pattern: .visibleText).described("For the record")
                    .example("The provisioner was repaired"), required: true),
            .init(
                "groups",
                .array(of: groupName, uniqueItems: true, minItems: 1, maxItems: EventReplay.maximumGroups)
                    .described("The only consumer groups that get it; all that ask for its type if omitted")),
        ], name: "EventReplayRequest")

    static let replayedSchema = Schema.object(
        [
            .init("id", .string(format: .uuid).described("Identity of the replay"), required: true),
            .init("replayOf", .string(format: .uuid), required: true),
            .init("groups", .array(of: groupName).described("Empty for all"), required: true),
        ], name: "EventReplayed")

    static let retriedSchema = Schema.object(
        [
            .init(
                "id",
                .string(maxLength: DeadLetterEntity.maximumIDLength).example(
                    "orchestrator:019b8d2c-7f00-7a51-9c3e-5d2f1a6b4c80"), required: true),
            .init("isPending", .boolean.example(true), required: true),
        ], name: "DeadLetterRetried")

    static let detailSchema = Schema.object(
        LoggedEventEntity.entity.schema.properties + [
            .init(
                "data", Schema.freeObject.described("What the event says. Secrets are replaced by [hidden]."),
                required: true)
        ], name: "EventWithData")

    static func groups(_ body: JSONObject) -> Set<String> {
        Set((body["groups"]?.arrayValue ?? []).compactMap(\.stringValue))
    }

    static func replayed(_ replay: Identifier, of original: Identifier, groups: Set<String>) -> OperationResponse {
        .json(
            JSONValue.object([
                "id": .identifier(replay), "replayOf": .identifier(original),
                "groups": .array(groups.sorted().map { .string($0) }),
            ]).serialized(), status: .accepted)
    }

    static func retried(_ id: String) -> OperationResponse {
        .json(JSONValue.object(["id": .string(id), "isPending": true]).serialized())
    }

    /// The members of the entity, and the content.
    static func json(of logged: LoggedEvent) -> JSONValue {
        let event = logged.event
        var object = JSONObject()
        object[Entity.id] = .identifier(event.id)
        object[LoggedEventEntity.type] = .string(event.type)
        object[LoggedEventEntity.version] = .integer(event.version)
        object[LoggedEventEntity.tenantID] = event.tenantID.map { .identifier($0) } ?? .null
        object[LoggedEventEntity.occurredAt] = .timestamp(event.occurredAt)
        object[LoggedEventEntity.state] = .integer(logged.state.rawValue)
        object[LoggedEventEntity.attempts] = .integer(logged.attempts)
        object[LoggedEventEntity.settledAt] = logged.settledAt.map { .timestamp($0) } ?? .null
        object[LoggedEventEntity.lastError] = text(logged.lastError)
        object[LoggedEventEntity.traceparent] = text(event.trace?.stored)
        object[LoggedEventEntity.replayOf] = event.replay.map { .identifier($0.original) } ?? .null
        object[LoggedEventEntity.replayGroups] =
            event.replay.flatMap { $0.groups.isEmpty ? nil : .array($0.groups.map { .string($0) }) } ?? .null
        object[LoggedEventEntity.replayedBy] = text(logged.replayedBy)
        object[LoggedEventEntity.replayReason] = text(logged.replayReason)
        object["data"] = EventRedaction.redacted((try? JSONValue.parse(stored: event.data)) ?? .null)
        return .object(object)
    }

    static func json(_ letter: DeadLetter) -> JSONValue {
        var object = JSONObject()
        object[Entity.id] = .string(letter.id.description)
        object[DeadLetterEntity.source] = .string(letter.id.source)
        object[DeadLetterEntity.eventID] = .identifier(letter.event.id)
        object[DeadLetterEntity.type] = .string(letter.event.type)
        object[DeadLetterEntity.tenantID] = letter.event.tenantID.map { .identifier($0) } ?? .null
        object[DeadLetterEntity.occurredAt] = .timestamp(letter.event.occurredAt)
        object[DeadLetterEntity.attempts] = .integer(letter.attempts)
        object[DeadLetterEntity.lastError] = text(letter.lastError)
        object[DeadLetterEntity.settledAt] = .timestamp(letter.settledAt)
        return .object(object)
    }

    private static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}

extension EventReplayError: HTTPFailureConvertible {
    package var httpFailure: HTTPFailure {
        switch self {
        case .notFound: .entityNotFound
        case .notPublished(.dead):
            .conflict(
                "The event is a dead letter of the outbox. Retry it instead.", code: "EVENT_NOT_PUBLISHED")
        case .notPublished:
            .conflict("The event waits to be published the first time.", code: "EVENT_NOT_PUBLISHED")
        }
    }
}
