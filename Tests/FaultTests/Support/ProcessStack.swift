import Foundation
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Synchronization

/// Services in their own processes, on their own databases.
///
/// Provisioning is a command that writes the tenant's key into a file, so that every execution is counted.
final class ProcessStack {
    let data: StackData
    let admin: String
    /// What its processes read and leave; removed afterwards.
    let folder: URL
    private var processes: [ArcProcess] = []

    /// Runs `body` on a fresh stack; services are started by ``start(_:)``.
    static func run(on servers: TestServers? = nil, _ body: (ProcessStack) async throws -> Void) async throws {
        let stack = try await ProcessStack(servers ?? TestServers.current())
        try await withCleanup {
            try await body(stack)
        } cleanup: {
            for process in stack.processes.reversed() { await process.remove() }
            await stack.data.remove()
            try? FileManager.default.removeItem(at: stack.folder)
        }
    }

    private init(_ servers: TestServers) async throws {
        admin = try await TestTokens(clock: SystemClock()).operatorToken()
        data = try await StackData.make([.tenantManagement, .orchestrator], on: servers)
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("arc-fault-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let tiers: JSONValue = [
            "BASIC": [
                "provisioner": "exec",
                "command": ["/bin/sh", "-c", .string("echo $ARC_TENANT_KEY >>\(folder.path)/provisioned; echo '{}'")],
            ]
        ]
        try Data(tiers.serialized()).write(to: folder.appendingPathComponent("tiers.json"))
    }

    /// Writes a file.
    /// - Returns: Its path.
    func write(_ content: JSONValue, _ name: String) throws -> String {
        let file = folder.appendingPathComponent(name)
        try Data(content.serialized()).write(to: file)
        return file.path
    }

    /// Starts a service.
    /// - Parameter settings: Variables besides those that every service of the stack gets.
    func start(_ kind: StackData.ServiceKind, _ settings: [String: String] = [:]) async throws -> ArcProcess {
        let url = processes.first?.client.url
        var environment = try data.variables(kind, tenantManagement: url)
        environment["TIERS_FILE"] = folder.appendingPathComponent("tiers.json").path
        environment["PROVISIONING_CONCURRENCY"] = "12"
        environment.merge(settings) { $1 }
        let process = try await ArcProcess(kind, environment: environment)
        processes.append(process)
        return process
    }

    /// Creates a tenant.
    /// - Returns: The status, or nil when there was no answer; and the key.
    func create(
        _ client: TestHTTPClient, key: String = TestStack.uniqueKey()
    ) async -> (status: Int?, key: String) {
        let answer = try? await client.post("/tenants", .object(TestStack.tenantBody(key: key)), token: admin)
        return (answer?.status, key)
    }

    /// How often each tenant's command has run.
    func executions() -> [String: Int] {
        let text = (try? String(contentsOf: folder.appendingPathComponent("provisioned"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").reduce(into: [:]) { $0[String($1), default: 0] += 1 }
    }

    /// The keys of all tenants with their status.
    func tenants() async throws -> [String: Int] {
        let rows = try await data.database(.tenantManagement).query("SELECT key, status FROM main.tenants").rows
        return try rows.reduce(into: [:]) { $0[try $1.text(0)] = Int(try $1.int64(1)) }
    }

    /// Waits until every tenant is ACTIVE.
    func waitUntilAllAreActive() async throws {
        try await eventually("all tenants are ACTIVE", within: .seconds(300)) {
            let tenants = try await tenants()
            return !tenants.isEmpty && tenants.values.allSatisfy { $0 == 0 }
        }
    }
}
