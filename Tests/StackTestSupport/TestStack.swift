package import Configuration
import ConfigurationChecks
import Foundation
import JSONCoding
package import Logging
import Orchestrator
package import PostgresTestSupport
package import Primitives
import ServiceKit
import ServicePlatform
import Subscription
import Synchronization
import TenantManagement
import TestSupport

/// The services in this process, over HTTP, on their own databases and a real message bus.
package final class TestStack: Sendable {
    /// One of the services.
    package typealias ServiceKind = StackData.ServiceKind

    /// Stacks that run at once: each holds some twenty connections.
    private static let gate = ConcurrencyGate(4)

    /// Databases and mails.
    package let data: StackData
    /// Mints tokens.
    package let tokens: TestTokens
    /// An operator's token with every permission.
    package let admin: String
    /// The services' clock.
    package let clock: any WallClock
    private let environment: [String: String]
    private let logger: Logger
    private let running = Mutex<[(kind: ServiceKind, service: RunningService)]>([])

    /// Runs `body` against services that were started for it.
    /// - Parameters:
    ///   - kinds: Which services; the bus is always there.
    ///   - environment: Variables for all of them, over those that make tests easy.
    ///   - clock: Their time.
    ///   - servers: Where the databases and Redis are; nil: those of all tests.
    ///   - logger: Where they log.
    package static func run(
        _ kinds: [ServiceKind] = ServiceKind.allCases, environment: [String: String] = [:],
        clock: any WallClock = SystemClock(), servers: TestServers? = nil, logger: Logger = testLogger,
        _ body: (TestStack) async throws -> Void
    ) async throws {
        try await gate.run { _ in
            let stack = try await TestStack(
                kinds, environment: environment, clock: clock, servers: servers ?? .current(), logger: logger)
            try await withCleanup {
                for kind in ServiceKind.allCases where kinds.contains(kind) { try await stack.startNode(kind) }
                try await body(stack)
            } cleanup: {
                await stack.stop()
            }
        }
    }

    private init(
        _ kinds: [ServiceKind], environment: [String: String], clock: any WallClock, servers: TestServers,
        logger: Logger
    ) async throws {
        self.environment = environment
        self.logger = logger
        self.clock = clock
        tokens = await TestTokens(clock: clock)
        admin = try await tokens.operatorToken()
        data = try await StackData.make(kinds, on: servers)
    }

    /// Mails of tenant management.
    package var mails: MailFolder { data.mails }

    /// Where the databases are.
    package var servers: TestServers { data.servers }

    /// A database of the stack.
    package func database(_ template: DatabaseTemplate) throws -> TestDatabase { try data.database(template) }

    /// The first node of tenant management.
    package var tenantManagement: TestHTTPClient { client(.tenantManagement) }

    /// The first node of the subscription service.
    package var subscription: TestHTTPClient { client(.subscription) }

    /// The first node of a service.
    package func client(_ kind: ServiceKind) -> TestHTTPClient {
        TestHTTPClient(port: node(kind)?.port ?? 1)
    }

    /// The first node of a service; nil when none runs.
    package func node(_ kind: ServiceKind) -> RunningService? {
        running.withLock { nodes in nodes.first { $0.kind == kind }?.service }
    }

    /// How far a node has come.
    package enum NodeState: Sendable {
        /// It answers connections; its databases may be away.
        case listening
        /// It serves requests; what it can do without may be away.
        case serving
        /// It and everything it depends on are up.
        case ready
    }

    /// Starts one more node of a service, on the same databases.
    /// - Parameter state: What the node has to reach first.
    @discardableResult
    package func startNode(
        _ kind: ServiceKind, environment more: [String: String] = [:], until state: NodeState = .ready
    ) async throws -> RunningService {
        let reader = try reader(kind, more)
        let service =
            switch kind {
            case .tenantManagement:
                try await TenantManagementApp.make(reader: reader, clock: clock, logger: logger)
            case .subscription: try await SubscriptionApp.make(reader: reader, clock: clock, logger: logger)
            case .orchestrator: try await OrchestratorApp.make(reader: reader, clock: clock, logger: logger)
            }
        let node = try await RunningService.start(service)
        running.withLock { $0.append((kind, node)) }
        if state == .listening { return node }
        // Redis is connected to in the background; until then limits and caches are the node's own.
        try await eventually("\(kind) is \(state)") {
            let health = try await node.client.get("/health/ready")
            return health.status == 200 && (state == .serving || health.json["status"] == "ok")
        }
        return node
    }

    /// The configuration of a node.
    package func reader(_ kind: ServiceKind, _ more: [String: String] = [:]) throws -> ConfigReader {
        try EnvironmentReader.make(
            folder: "/nonexistent",
            environment: try data.variables(kind, tenantManagement: node(.tenantManagement)?.client.url)
                .merging(environment) { $1 }.merging(more) { $1 })
    }

    /// Ends the services, the last one first, and removes everything that was made for them.
    private func stop() async {
        let nodes = running.withLock { nodes in
            defer { nodes = [] }
            return nodes
        }
        for node in nodes.reversed() { await node.service.stop() }
        await data.remove()
    }
}
