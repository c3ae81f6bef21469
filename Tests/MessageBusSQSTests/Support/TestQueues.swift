import AWS
import Configuration
import JSONCoding
import Logging
import MessageBus
import MessageBusTestSupport
import Primitives
import StackTestSupport
import TestSupport

@testable import MessageBusSQS

/// SQS of moto behind proxies, with queues of its own for each test.
struct TestQueues: ConformanceBus {
    let sqs: SQSConnector
    let prefix: String
    private let session: AWSSession
    private let doomedSession: AWSSession
    private let proxy: TCPProxy
    private let doomedProxy: TCPProxy
    private let settings: SQSConfiguration

    var connector: any EventConnector { sqs }
    var subscriber: any EventSubscriber { sqs }
    var deadLetters: any BusDeadLetters { sqs.consumers }
    var backlog: any BusBacklog { sqs.consumers }
    var tick: Duration { .seconds(1) }
    /// For calls that no connector makes.
    var calls: SQSCalls { sqs.consumers.calls }

    var documentedName: String? { settings.isFIFO ? "sqs, FIFO queues" : "sqs, standard queues" }
    var promises: BusPromises {
        BusPromises {
            $0.keepsOrder = settings.isFIFO
            $0.recognizesDuplicates = settings.isFIFO
            $0.replaysToNewGroups = false
            $0.sharesAttempts = false
            $0.reportsBacklog = false
        }
    }

    /// - Parameters:
    ///   - isFIFO: Whether its queues keep the order.
    ///   - change: Of the configuration of the connector.
    static func with<Value>(
        isFIFO: Bool = true, logger: Logger = testLogger, _ change: (inout SQSConfiguration) -> Void = { _ in },
        _ body: (TestQueues) async throws -> Value
    ) async throws -> Value {
        let port = "\(try await AWSTestServer.port())"
        var settings = SQSConfiguration(
            groups: [], prefix: "t\(SecureRandom.hex(bytes: 6))", isFIFO: isFIFO, createsQueues: true, wait: .seconds(1)
        )
        // A message that comes while a consumer stops would otherwise be invisible for the hour of a lease.
        settings.pollGrace = .seconds(60)
        change(&settings)
        return try await TCPProxy.run(to: "127.0.0.1", port) { proxy in
            try await TCPProxy.run(to: "127.0.0.1", port) { doomedProxy in
                let session = try await Self.session(proxy.port)
                let doomed = try await Self.session(doomedProxy.port)
                let queues = TestQueues(
                    sqs: SQSConnector(session: session, configuration: settings, logger: logger),
                    prefix: settings.prefix, session: session, doomedSession: doomed, proxy: proxy,
                    doomedProxy: doomedProxy, settings: settings)
                return try await withCleanup {
                    try await body(queues)
                } cleanup: {
                    await session.shutdown()
                    await doomed.shutdown()
                }
            }
        }
    }

    /// A session with keys that the server knows.
    static func session(_ port: Int, key: String = "AKIDTEST") async throws -> AWSSession {
        let variables = [
            "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "secret-of-\(key)",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:\(port)", "AWS_REQUEST_TIMEOUT_MILLIS": "60000",
        ]
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
        return AWSSession(
            configuration: try AWSConfiguration(reader: reader), clock: SystemClock(), logger: testLogger)
    }

    func prepare(group: String, types: Set<String>) async throws { try await sqs.consumers.prepare(group: group) }

    func setAway(_ isAway: Bool) async throws { proxy.refuse(isAway) }

    func doomedProcess() async throws -> DoomedProcess {
        let other = SQSConsumers(session: doomedSession, configuration: settings, logger: testLogger)
        return DoomedProcess(subscriber: other) { doomedProxy.refuse(true) }
    }

    /// The name of the queue of a group.
    func name(of group: String) -> String { settings.queue(of: group) }

    /// Calls operations with boto3.
    static func boto(_ calls: JSONValue...) async throws -> [JSONValue] {
        let text = String(decoding: JSONValue.array(calls).serialized(), as: UTF8.self)
        let results = try JSONValue.parse(Array(try await AWSTestServer.boto(text).utf8))
        return results.arrayValue ?? []
    }
}
