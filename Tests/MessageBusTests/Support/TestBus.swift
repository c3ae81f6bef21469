import MessageBusTestSupport
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceLifecycle
import Testing
import WorkQueue

@testable import MessageBus

/// The connectors of this target, with which all rules of the bus are tested.
enum TestBus: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case inProcess
    case postgres

    var testDescription: String { rawValue }

    static let configuration = ConsumerConfiguration.conformance

    func with(_ body: (any ConformanceBus) async throws -> Void) async throws {
        switch self {
        case .inProcess: try await body(InProcessTestBus(bus: InProcessConnector(logger: testLogger)))
        case .postgres:
            try await BusDatabase.withBus { database in
                try await body(PostgresTestBus(database: database, bus: database.bus()))
            }
        }
    }
}

/// A bus within the test.
struct InProcessTestBus: ConformanceBus {
    let bus: InProcessConnector

    var promises: BusPromises { BusPromises { $0.survivesProcesses = false } }
    var documentedName: String? { nil }
    var connector: any EventConnector { bus }
    var subscriber: any EventSubscriber { bus }
    var deadLetters: any BusDeadLetters { bus }
    var backlog: any BusBacklog { bus }

    func setAway(_ isAway: Bool) async throws { throw TestFailure("the bus is within the process") }

    func doomedProcess() async throws -> DoomedProcess { throw TestFailure("the bus is within the process") }
}

/// A bus in a database of its own.
struct PostgresTestBus: ConformanceBus {
    let database: BusDatabase
    let bus: PostgresConnector

    var promises: BusPromises { BusPromises() }
    var documentedName: String? { "postgres" }
    var connector: any EventConnector { bus }
    var subscriber: any EventSubscriber { bus }
    var deadLetters: any BusDeadLetters { bus }
    var backlog: any BusBacklog { bus }

    func setAway(_ isAway: Bool) async throws { try await database.setAway(isAway) }

    func doomedProcess() async throws -> DoomedProcess {
        let pool = database.runtime(as: BusDatabase.busRole)
        let bus = PostgresConnector(pool: pool, listener: nil, logger: testLogger)
        return DoomedProcess(subscriber: bus, kill: { await pool.shutdown(patience: .zero) })
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
