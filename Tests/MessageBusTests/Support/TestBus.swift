import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceLifecycle
import Testing
import WorkQueue

@testable import MessageBus

/// The connectors that all rules of the bus are tested with.
enum TestBus: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case inProcess
    case postgres

    var testDescription: String { rawValue }

    struct Bus: Sendable {
        let connector: any EventConnector
        let subscriber: any EventSubscriber
        let deadLetters: @Sendable (String) async throws -> [DeadLetter]
        let retryDeadLetters: @Sendable (String) async throws -> Int

        func consumer(
            _ group: String, _ types: Set<String>, _ configuration: ConsumerConfiguration = TestBus.configuration,
            _ handler: @escaping EventHandler
        ) throws -> @Sendable () async throws -> Void {
            let service = try subscriber.subscribe(
                group: group, types: types, configuration: configuration, handler: handler)
            return { try await service.run() }
        }
    }

    /// Back-off as short as can be; an hour for leases and between polls, so that what is seen was announced.
    static let configuration = ConsumerConfiguration(
        lease: .seconds(3600),
        backOff: BackOff(initial: .milliseconds(1), maximum: .milliseconds(2)), pollInterval: .seconds(3600))

    func with(clock: any WallClock = SystemClock(), _ body: (Bus) async throws -> Void) async throws {
        switch self {
        case .inProcess:
            let bus = InProcessConnector(clock: clock, logger: testLogger)
            try await body(
                Bus(
                    connector: bus, subscriber: bus, deadLetters: { bus.deadLetters(group: $0) },
                    retryDeadLetters: { bus.retryDeadLetters(group: $0) }))
        case .postgres:
            try await BusDatabase.withBus { database in
                let bus = database.bus(clock: clock)
                try await body(
                    Bus(
                        connector: bus, subscriber: bus, deadLetters: { try await bus.deadLetters(group: $0) },
                        retryDeadLetters: { try await bus.retryDeadLetters(group: $0) }))
            }
        }
    }
}

extension BusDatabase {
    /// A connector on this database with the privileges of production.
    func bus(clock: any WallClock = SystemClock(), retention: Duration = .seconds(3600)) -> PostgresConnector {
        PostgresConnector(
            pool: runtime(as: BusDatabase.busRole), listener: configuration(role: BusDatabase.busRole),
            retention: retention, clock: clock, logger: testLogger)
    }
}
