import ArgumentParser
import Configuration
import ConfigurationChecks
import LocalStack
import ServiceKit

/// `arc health`: asks the service on this machine whether it responds, for health checks of containers.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Check whether a service on this machine responds, for health checks of containers.",
        discussion: """
            Sends GET /ping to the service, where its own settings say that it listens (HOST, PORT). The exit status is 0 when
            the response is 200, and 1 with the reason on standard error otherwise. --ready asks /health/ready instead, which
            fails while the service's database is away: for load balancers, not for what restarts containers.
            """)

    @Argument(help: "tenant-management, subscription or orchestrator.")
    var service: ServiceName

    @Flag(help: "Check whether the service can handle requests, instead of whether it responds.")
    var ready = false

    func run() async throws {
        let reader = try EnvironmentReader.make(environment: CommandSupport.environment)
        let path = ready ? "/health/ready" : "/ping"
        let port: UInt16
        let host: String
        do throws(ConfigurationFailure) {
            let own = try reader.value(ServiceConfiguration.portSetting)
            port = own.map { UInt16($0) } ?? service.stackService.defaultPort
            host = LoopbackClient.reachable(try reader.value(ServiceConfiguration.hostSetting))
        } catch {
            throw CommandSupport.fail("arc health: \(error)")
        }
        guard port > 0 else { throw CommandSupport.fail("arc health: PORT is 0, so the service's port is not known") }
        let place = "http://\(LoopbackClient.authority(host: host, port: port))\(path)"
        switch await LoopbackClient.status(host: host, port: port, path: path) {
        case 200?: return
        case let status?: throw CommandSupport.fail("arc health: \(place) responded with \(status)")
        case nil: throw CommandSupport.fail("arc health: nothing responds at \(place)")
        }
    }
}
