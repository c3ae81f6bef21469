import PostgresTestSupport
import StackTestSupport
import TestSupport

/// All services, each in its own process, on their own databases.
final class ServiceProcesses {
    let data: StackData
    private var processes: [StackData.ServiceKind: ArcProcess] = [:]

    /// Makes the databases.
    init(on servers: TestServers) async throws {
        data = try await StackData.make(StackData.ServiceKind.allCases, on: servers)
    }

    /// Runs the services for the length of the body.
    /// - Parameter settings: Variables of all services besides those that lead to the databases.
    func run(_ settings: [String: String], _ body: () async throws -> Void) async throws {
        try await withCleanup {
            for kind in StackData.ServiceKind.allCases {
                let url = processes[.tenantManagement]?.client.url
                let environment = try data.variables(kind, tenantManagement: url).merging(settings) { $1 }
                processes[kind] = try await ArcProcess(kind, environment: environment)
            }
            try await body()
        } cleanup: {
            for process in processes.values { await process.remove() }
            await data.remove()
        }
    }

    func client(_ kind: StackData.ServiceKind) throws -> TestHTTPClient {
        guard let process = processes[kind] else { throw TestFailure("\(kind) does not run") }
        return process.client
    }

    func stop() async throws { for process in processes.values { try await process.stop() } }

    /// The whole log of each service.
    var logs: [StackData.ServiceKind: String] { processes.mapValues(\.logged) }
}
