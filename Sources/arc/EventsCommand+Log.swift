import ArgumentParser
import Entities
import JSONCoding
import MessageBus
import Primitives
import ServicePlatform

extension EventsCommand {
    /// Options of commands that read outboxes.
    struct OutboxOptions: ParsableArguments {
        @Option(help: "tenant-management or subscription (default: both, of `arc up`).")
        var service: EventSource?

        func validate() throws {
            if service == .messageBus {
                throw ValidationError(
                    "The message bus has no outbox; --service must be tenant-management or subscription.")
            }
        }

        func forEach(_ body: (EventOutbox) async throws -> Void) async throws {
            try await EventStore.forEach(service, of: EventSource.outboxes) { store in
                if case .outbox(let outbox) = store { try await body(outbox) }
            }
        }
    }

    /// `arc events list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List events of the outboxes, newest first.",
            discussion: """
                An event is pending until the relay has published it; dead, if the bus rejects it. A pending event that is older
                than some seconds means that the bus is away or that an earlier event of its tenant is tried again:
                GET /health/ready and the log of the service say which.
                """)
        @OptionGroup var outboxes: OutboxOptions
        @Option(help: "Only events of this type, such as TENANT_PROVISIONING.")
        var type: String?
        @Option(help: "Only events about this tenant.")
        var tenant: String?
        @Option(help: "pending, published or dead.")
        var state: String?
        @Option(help: "Only events that happened at this instant or later, such as 2026-01-05T10:00:00Z.")
        var since: String?
        @Option(help: "Maximum number of events of each outbox.")
        var limit = 20
        @Flag(help: "Print one JSON array.")
        var json = false

        func validate() throws { _ = try query() }

        private func query() throws -> OutboxQuery {
            var query = OutboxQuery(limit: limit)
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit must be 1 to 10000.") }
            if let type {
                guard EventEnvelope.isValid(type: type) else {
                    throw ValidationError("--type must be the name of an event, such as TENANT_CREATED.")
                }
                query.type = type
            }
            if let tenant {
                guard let id = Identifier(tenant) else { throw ValidationError("--tenant must be a UUID.") }
                query.tenant = id
            }
            if let state {
                guard let known = OutboxState.allCases.first(where: { $0.name == state }) else {
                    throw ValidationError("--state must be pending, published or dead.")
                }
                query.state = known
            }
            if let since {
                guard let instant = Timestamp(iso8601: since) else {
                    throw ValidationError("--since must be an instant such as 2026-01-05T10:00:00Z.")
                }
                query.since = instant
            }
            return query
        }

        func run() async throws {
            let query = try query()
            var lines: [(EventSource, LoggedEvent)] = []
            try await outboxes.forEach { outbox in
                lines += try await outbox.log.events(query).map { (outbox.source, $0) }
            }
            lines.sort { $0.1.event.occurredAt > $1.1.event.occurredAt }
            if json {
                let events = lines.map { EventsCommand.json($0.1, of: $0.0, withData: false) }
                CommandSupport.printLine(JSONValue.array(events).serializedText())
            } else if lines.isEmpty {
                CommandSupport.printLine("no events")
            } else {
                for (source, event) in lines { CommandSupport.printLine(EventsCommand.line(event, of: source)) }
            }
        }
    }

    /// `arc events show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one event with its content; secrets in it are hidden.")
        @OptionGroup var outboxes: OutboxOptions
        @Argument(help: "Identifier of the event.")
        var event: String

        func validate() throws {
            guard Identifier(event) != nil else { throw ValidationError("\(event) is not a valid event identifier.") }
        }

        func run() async throws {
            guard let id = Identifier(event) else { return }
            var isFound = false
            try await outboxes.forEach { outbox in
                guard !isFound, let event = try await outbox.log.event(id) else { return }
                isFound = true
                CommandSupport.printLine(EventsCommand.json(event, of: outbox.source, withData: true).indented())
            }
            guard isFound else { throw CommandSupport.fail(EventsCommand.notFound(id)) }
        }
    }

    /// `arc events replay`.
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish an event again, so that its handlers run once more.",
            discussion: """
                The replay has a new identity and names the original, so that handlers run although they have marked
                the original as handled. Their effects must be safe to repeat; those of the services are. Other consumers see
                the replay too unless --group leaves them out. The reason is recorded with the replay.

                Only published events can be replayed. Use `arc events retry` for dead letters. With --service, the bus is not
                asked whether it knows the group.
                """)
        @OptionGroup var outboxes: OutboxOptions
        @Option(help: "Only for this consumer group; may be repeated. Default: all groups that ask for its type.")
        var group: [String] = []
        @Option(help: "Why, for the record.")
        var reason: String
        @Argument(help: "Identifier of the event.")
        var event: String

        func validate() throws {
            guard Identifier(event) != nil else { throw ValidationError("\(event) is not a valid event identifier.") }
            guard (1...500).contains(reason.unicodeScalars.count), !reason.contains("\0") else {
                throw ValidationError("--reason must have 1 to 500 characters.")
            }
            guard group.count <= EventReplay.maximumGroups else {
                throw ValidationError("At most \(EventReplay.maximumGroups) groups.")
            }
            for name in group where !EventEnvelope.isValid(group: name) {
                throw ValidationError("\(name) is not a valid name of a consumer group.")
            }
        }

        func run() async throws {
            guard let id = Identifier(event) else { return }
            let context = WriteContext(
                scope: .operatorScope(actor: Actor(id: "arc events")), now: SystemClock().now(),
                origin: WriteOrigin(.command, actor: Actor(id: "arc events")))
            try await requireKnownGroups()
            var replay: Identifier?
            try await outboxes.forEach { outbox in
                guard replay == nil else { return }
                do {
                    replay = try await outbox.log.replay(id, to: Set(group), reason: reason, in: context)
                } catch let error as EventReplayError {
                    switch error {
                    case .notFound: return
                    case .notPublished(.dead):
                        throw CommandFailure(description: "\(id) is a dead letter: use arc events retry")
                    case .notPublished: throw CommandFailure(description: "\(id) was not published yet")
                    }
                }
            }
            guard let replay else { throw CommandSupport.fail(EventsCommand.notFound(id)) }
            CommandSupport.printLine("\(replay) repeats \(id)")
        }

        /// Refuses a group that the bus does not know, as `POST /events/{id}/replay` does: nobody would get the replay.
        private func requireKnownGroups() async throws {
            guard !group.isEmpty, outboxes.service == nil else { return }
            try await EventStore.forEach(nil, of: [.messageBus]) { store in
                guard case .bus(_, let known) = store, !known.isEmpty else { return }
                guard let unknown = Set(group).subtracting(known).sorted().first else { return }
                throw CommandFailure(
                    description: "\(unknown) is not a consumer group; there are \(known.joined(separator: ", "))")
            }
        }
    }

    private static func notFound(_ id: Identifier) -> String {
        "arc events: no outbox has the event \(id), or its retention is over"
    }

    private static func line(_ logged: LoggedEvent, of source: EventSource) -> String {
        let event = logged.event
        var line = "\(event.id)  \(event.occurredAt)  \(event.type)  \(source.rawValue)  \(logged.state.name)"
        if let tenant = event.tenantID { line += "  tenant \(tenant)" }
        if let replay = event.replay { line += "  replay of \(replay.original)" }
        if let error = logged.lastError { line += "  attempt \(logged.attempts): \(error)" }
        return line
    }

    private static func json(_ logged: LoggedEvent, of source: EventSource, withData: Bool) -> JSONValue {
        let event = logged.event
        var object: JSONObject = [
            "id": .identifier(event.id), "type": .string(event.type), "version": .integer(event.version),
            "tenantId": text(event.tenantID?.description), "occurredAt": .timestamp(event.occurredAt),
            "outbox": .string(source.rawValue), "state": .string(logged.state.name),
            "attempts": .integer(logged.attempts), "settledAt": text(logged.settledAt?.description),
            "lastError": text(logged.lastError), "replayOf": text(event.replay?.original.description),
            "replayGroups": .array((event.replay?.groups ?? []).map { .string($0) }),
            "replayedBy": text(logged.replayedBy), "replayReason": text(logged.replayReason),
        ]
        if withData { object["data"] = EventRedaction.redacted((try? JSONValue.parse(stored: event.data)) ?? .null) }
        return .object(object)
    }
}
