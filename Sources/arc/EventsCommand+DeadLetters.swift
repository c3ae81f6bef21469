import ArgumentParser
import JSONCoding
import MessageBus
import Primitives

extension EventsCommand {
    /// `arc events dead`.
    struct Dead: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List dead letters with their reasons, oldest first.",
            discussion: """
                Those of an outbox could not be published; those of a consumer group were published but not handled. Find
                the cause by the reason and by the log of the service, remove it, then run `arc events retry`.
                """)
        @Option(help: "message-bus, tenant-management or subscription (default: all databases of `arc up`).")
        var service: EventSource?
        @Option(help: "Maximum number of events for each outbox and consumer group.")
        var limit = 100
        @Flag(help: "Print one JSON array.")
        var json = false

        func validate() throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit must be 1 to 10000.") }
        }

        func run() async throws {
            var letters: [Letter] = []
            try await EventStore.forEach(service) { store in
                letters += try await store.deadLetters(limit: limit).map {
                    Letter(source: store.source.rawValue, letter: $0)
                }
            }
            if json {
                CommandSupport.printLine(JSONValue.array(letters.map(\.json)).serializedText())
            } else if letters.isEmpty {
                CommandSupport.printLine("no dead letters")
            } else {
                for letter in letters { CommandSupport.printLine(letter.line) }
            }
        }
    }

    /// `arc events retry`.
    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Retry dead letters.",
            discussion: """
                They have all their attempts before them. They are delivered before later events of their tenant that are still
                waiting, but after those that went on without them.
                """)
        @Option(help: "message-bus, tenant-management or subscription (default: all databases of `arc up`).")
        var service: EventSource?
        @Flag(help: "Retry all dead letters.")
        var all = false
        @Argument(help: "Identifiers of events, as listed by `arc events dead`.")
        var events: [String] = []

        func validate() throws {
            guard all != !events.isEmpty else { throw ValidationError("Specify events, or --all.") }
            for event in events where Identifier(event) == nil {
                throw ValidationError("\(event) is not a valid event identifier.")
            }
        }

        func run() async throws {
            let identifiers = all ? nil : events.compactMap { Identifier($0) }
            var count = 0
            try await EventStore.forEach(service) { store in count += try await store.retry(identifiers) }
            CommandSupport.printLine(count == 1 ? "1 event will be retried" : "\(count) events will be retried")
            if count == 0, !all { throw ExitCode.failure }
        }
    }

    /// A dead letter as it is shown.
    private struct Letter {
        let source: String
        let letter: DeadLetter

        private var place: String { letter.group.map { "\(source) (\($0))" } ?? "\(source) (outbox)" }

        var line: String {
            let tenant = letter.event.tenantID.map { " tenant \($0)" } ?? ""
            return """
                \(letter.event.id)  \(letter.event.type)\(tenant)  \(place)  \(letter.settledAt), attempt \
                \(letter.attempts): \(letter.lastError ?? "no reason")
                """
        }

        var json: JSONValue {
            [
                "id": .string(letter.event.id.description), "type": .string(letter.event.type),
                "tenantId": EventsCommand.text(letter.event.tenantID?.description), "database": .string(source),
                "group": EventsCommand.text(letter.group), "attempts": .integer(letter.attempts),
                "reason": EventsCommand.text(letter.lastError), "givenUpOn": .string("\(letter.settledAt)"),
            ]
        }
    }

    static func text(_ text: String?) -> JSONValue {
        guard let text else { return .null }
        return .string(text)
    }
}
