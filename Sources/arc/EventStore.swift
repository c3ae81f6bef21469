import ArgumentParser
import ConfigurationChecks
import LocalStack
import Logging
import MessageBus
import PostgresClient
import Primitives
import ServicePlatform

/// Where events are stored.
enum EventSource: String, CaseIterable, ExpressibleByArgument {
    /// Published, not handled.
    case messageBus = "message-bus"
    /// Not published, or published from there.
    case tenantManagement = "tenant-management"
    case subscription

    static let outboxes: [EventSource] = [.tenantManagement, .subscription]

    fileprivate var database: MigratedDatabase {
        switch self {
        case .messageBus: .messageBus
        case .tenantManagement: .tenantManagement
        case .subscription: .subscription
        }
    }
}

/// An outbox.
struct EventOutbox: Sendable {
    let source: EventSource
    let log: OutboxLog
    let letters: OutboxDeadLetters
}

/// What a command works on.
enum EventStore: Sendable {
    case outbox(EventOutbox)
    case bus(any BusDeadLetters, groups: [String])

    var source: EventSource {
        switch self {
        case .outbox(let outbox): outbox.source
        case .bus: .messageBus
        }
    }

    /// Dead letters, the oldest first; at most `limit` for each outbox and group.
    func deadLetters(limit: Int) async throws(MessageBusError) -> [DeadLetter] {
        switch self {
        case .outbox(let outbox): return try await outbox.letters.list(limit: limit)
        case .bus(let bus, let groups):
            var letters: [DeadLetter] = []
            for group in groups { letters += try await bus.deadLetters(group: group, limit: limit) }
            return letters
        }
    }

    /// Makes dead letters pending again.
    /// - Parameter events: Nil for all.
    /// - Returns: How many there were.
    func retry(_ events: [Identifier]?) async throws(MessageBusError) -> Int {
        switch self {
        case .outbox(let outbox): return try await outbox.letters.retry(events)
        case .bus(let bus, let groups):
            var count = 0
            for group in groups { count += try await bus.retryDeadLetters(group: group, events) }
            return count
        }
    }

    // MARK: Opening

    /// Calls `body` with each store, one after the other.
    /// - Parameter service: The only one; nil for all of `sources` in the stack of `arc up`.
    static func forEach(
        _ service: EventSource?, of sources: [EventSource] = EventSource.allCases,
        _ body: (EventStore) async throws -> Void
    ) async throws {
        CommandSupport.bootstrapQuietLogging()
        for source in service.map({ [$0] }) ?? sources {
            do {
                try await with(source, isNamed: service != nil, body)
            } catch let exit as ExitCode {
                throw exit
            } catch {
                throw CommandSupport.fail("arc events: \(source.rawValue): \(error)")
            }
        }
    }

    private static func with(
        _ source: EventSource, isNamed: Bool, _ body: (EventStore) async throws -> Void
    ) async throws {
        let logger = Logger(label: "arc.events")
        if source == .messageBus, let connection = try foreignBus(isNamed: isNamed, logger) {
            try await CommandSupport.closing(connection.shutdown) {
                try await body(.bus(connection.deadLetters, groups: try await groups(of: connection.deadLetters)))
            }
            return
        }
        let pool = PostgresPool(
            configuration: try await MigrateCommand.configuration(
                of: source.database, isNamed: isNamed, for: "arc events"), logger: logger)
        try await CommandSupport.closing({ await pool.shutdown() }) { () async throws -> Void in
            guard source == .messageBus else {
                let outbox = EventOutbox(
                    source: source, log: OutboxLog(pool: pool), letters: OutboxDeadLetters(pool: pool))
                return try await body(.outbox(outbox))
            }
            let bus = PostgresConnector(pool: pool, listener: nil, logger: logger)
            try await body(.bus(bus, groups: try await bus.groups()))
        }
    }

    /// The bus of another connector than PostgreSQL's, if the services use one.
    private static func foreignBus(isNamed: Bool, _ logger: Logger) throws -> MessageBusConnection? {
        var environment = CommandSupport.environment
        if !isNamed, let stack = try CommandSupport.stack(for: "arc events") {
            environment = try stack.environment.variables(for: .orchestrator)
        }
        let reader = try EnvironmentReader.make(environment: environment)
        guard try BusConnectors.name(reader: reader) != "postgres" else { return nil }
        return try BusConnectors.connect(reader: reader, clock: SystemClock(), logger: logger)
    }

    /// The groups of the bus, or those of the services if it does not know its own.
    private static func groups(of bus: any BusDeadLetters) async throws -> [String] {
        let known = try await bus.groups()
        if !known.isEmpty { return known }
        let participants = try await EventParticipant.all(logger: Logger(label: "arc.events"))
        return Set(participants.flatMap(\.groups).map(\.name)).sorted()
    }
}
