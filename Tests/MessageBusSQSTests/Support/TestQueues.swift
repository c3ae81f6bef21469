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
    private let connections: AWSConnections
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
        var settings = SQSConfiguration(
            groups: [], prefix: "t\(SecureRandom.hex(bytes: 6))", isFIFO: isFIFO, createsQueues: true, wait: .seconds(1)
        )
        // A message that comes while a consumer stops would otherwise be invisible for the hour of a lease.
        settings.pollGrace = .seconds(60)
        change(&settings)
        return try await AWSConnections.with { connections in
            try await body(
                TestQueues(
                    sqs: SQSConnector(session: connections.session, configuration: settings, logger: logger),
                    prefix: settings.prefix, connections: connections, settings: settings))
        }
    }

    func prepare(group: String, types: Set<String>) async throws { try await sqs.consumers.prepare(group: group) }

    func setAway(_ isAway: Bool) async throws { connections.proxy.refuse(isAway) }

    func doomedProcess() async throws -> DoomedProcess {
        let other = SQSConsumers(session: connections.doomedSession, configuration: settings, logger: testLogger)
        return DoomedProcess(subscriber: other) { connections.doomedProxy.refuse(true) }
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
