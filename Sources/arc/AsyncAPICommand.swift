import ArgumentParser
import JSONCoding
import Logging
import MessageBus

/// `arc asyncapi`: prints the AsyncAPI document of all events.
struct AsyncAPICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "asyncapi", abstract: "Print the AsyncAPI 3.0 document of the events of all services.",
        discussion: """
            Each type of event is a channel. Services send on the channels of the events that they publish and receive on \
            those that their consumer groups ask for.

            --released prints the members of all events as docs/asyncapi/released.json has them. A release replaces that file; \
            until then, a test fails when a member of it is removed or narrowed.
            """)

    @Flag(help: "Print the members that consumers rely on instead.")
    var released = false

    func run() async throws {
        CommandSupport.bootstrapQuietLogging()
        let participants = try await EventParticipant.all(logger: Logger(label: "arc.asyncapi"))
        let document = AsyncAPIDocument(participants: participants)
        let value = released ? ReleasedEvents(document.events).json : try JSONValue.parse(document.json())
        CommandSupport.printLine(value.indented())
    }
}
