import Configuration
import ConfigurationChecks
import Logging
import MessageBus
import Primitives
import ServicePlatform
import Testing

@Suite struct MessageBusConnectionTests {
    private func connect(_ variables: [String: String]) throws(ConfigurationFailure) -> MessageBusConnection {
        let database = ["MESSAGE_BUS_DB_USER": "u", "MESSAGE_BUS_DB_DATABASE": "d"]
        return try BusConnectors.connect(
            reader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: database.merging(variables) { $1 })),
            clock: SystemClock(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test(arguments: ["", "postgres"])
    func `an unset connector is PostgreSQL`(name: String) async throws {
        await (try connect(["EVENT_CONNECTOR": name])).shutdown()
        await (try connect([:])).shutdown()
    }

    @Test func `invalid variables are named with their prefix`() {
        let connector = #expect(throws: ConfigurationFailure.self) { try connect(["EVENT_CONNECTOR": "kafka"]) }
        let names = BusConnectors.all.map(\.name)
        #expect(names.first == "postgres" && Set(names).count == names.count)
        let expected = names.count == 1 ? "postgres" : "one of \(names.joined(separator: ", "))"
        #expect(connector?.description == "EVENT_CONNECTOR is \"kafka\", but must be \(expected)")
        let database = #expect(throws: ConfigurationFailure.self) { try connect(["MESSAGE_BUS_DB_USER": ""]) }
        #expect(database?.description == "MESSAGE_BUS_DB_USER is missing")
        let limit = #expect(throws: ConfigurationFailure.self) { try connect(["MESSAGE_BUS_DB_MAX_CONNECTIONS": "0"]) }
        #expect(
            limit?.description == "MESSAGE_BUS_DB_MAX_CONNECTIONS is \"0\", but must be an integer from 1 to 1000")
    }

    @Test func `marks of handled events outlive the events that the bus still has`() async throws {
        let bus = try connect(["MESSAGE_BUS_RETENTION_HOURS": "8760"])
        #expect(bus.inboxRetention(atLeast: .seconds(30 * 86_400)) == .seconds(366 * 86_400))
        let ordinary = try connect([:])
        #expect(ordinary.inboxRetention(atLeast: .seconds(30 * 86_400)) == .seconds(30 * 86_400))
        await bus.shutdown()
        await ordinary.shutdown()
    }
}
