import AWS
import Configuration
import JSONCoding
import MessageBus
import MessageBusSQS
import MessageBusTestSupport
import Primitives
import StackTestSupport
import TestSupport

@testable import MessageBusEventBridge

/// EventBridge and SQS of moto behind proxies, with an event bus of its own for each test. What an installation does is done
/// here: queues, rules, targets.
struct TestEventBus: ConformanceBus {
    let eventBridge: EventBridgeConnector
    let name: String
    private let session: AWSSession
    private let doomedSession: AWSSession
    private let proxy: TCPProxy
    private let doomedProxy: TCPProxy
    private let queues: SQSConfiguration

    var connector: any EventConnector { eventBridge }
    var subscriber: any EventSubscriber { eventBridge }
    var deadLetters: any BusDeadLetters { eventBridge.consumers }
    var backlog: any BusBacklog { eventBridge.consumers }
    var tick: Duration { .seconds(1) }

    var documentedName: String? { "eventbridge" }
    var promises: BusPromises {
        BusPromises {
            $0.keepsOrder = false
            $0.recognizesDuplicates = false
            $0.replaysToNewGroups = false
            $0.sharesAttempts = false
            $0.reportsBacklog = false
        }
    }

    static func with<Value>(
        maximumBytes: Int = 1_000_000, _ body: (TestEventBus) async throws -> Value
    ) async throws -> Value {
        let port = "\(try await AWSTestServer.port())"
        let name = "t\(SecureRandom.hex(bytes: 6))"
        var queues = SQSConfiguration(
            groups: [], prefix: name, isFIFO: false, createsQueues: true, wait: .seconds(1))
        // A message that comes while a consumer stops would otherwise be invisible for the hour of a lease.
        queues.pollGrace = .seconds(60)
        return try await TCPProxy.run(to: "127.0.0.1", port) { proxy in
            try await TCPProxy.run(to: "127.0.0.1", port) { doomedProxy in
                let session = try await Self.session(proxy.port)
                let doomed = try await Self.session(doomedProxy.port)
                _ = try await session.client(.eventBridge).call("CreateEventBus", ["Name": .string(name)])
                let bus = TestEventBus(
                    eventBridge: EventBridgeConnector(
                        session: session,
                        configuration: EventBridgeConfiguration(busName: name, maximumBytes: maximumBytes),
                        queues: queues, logger: testLogger),
                    name: name, session: session, doomedSession: doomed, proxy: proxy, doomedProxy: doomedProxy,
                    queues: queues)
                return try await withCleanup {
                    try await body(bus)
                } cleanup: {
                    await session.shutdown()
                    await doomed.shutdown()
                }
            }
        }
    }

    /// A session with keys that the server knows.
    static func session(_ port: Int) async throws -> AWSSession {
        let variables = [
            "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDTEST",
            "AWS_SECRET_ACCESS_KEY": "secret-of-AKIDTEST", "AWS_ENDPOINT_URL": "http://127.0.0.1:\(port)",
            "AWS_REQUEST_TIMEOUT_MILLIS": "60000",
        ]
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
        return AWSSession(
            configuration: try AWSConfiguration(reader: reader), clock: SystemClock(), logger: testLogger)
    }

    /// A connector to another event bus, with the same connections.
    func another(busName: String) -> EventBridgeConnector {
        EventBridgeConnector(
            session: session, configuration: EventBridgeConfiguration(busName: busName), queues: queues,
            logger: testLogger)
    }

    /// Creates the queue of a group, and the rule that fills it with events of the types.
    func prepare(group: String, types: Set<String>) async throws {
        try await eventBridge.consumers.prepare(group: group)
        let events = session.client(.eventBridge)
        let pattern: JSONValue = [
            "source": ["CONTROL-PLANE"], "detail-type": .array(types.sorted().map(JSONValue.string)),
        ]
        _ = try await events.call(
            "PutRule",
            [
                "Name": .string("\(name)-\(group)"), "EventBusName": .string(name),
                "EventPattern": .string(String(decoding: pattern.serialized(), as: UTF8.self)),
            ])
        let target: JSONValue = [
            "Id": "queue", "Arn": .string("arn:aws:sqs:eu-west-1:123456789012:\(name)-\(group)"),
        ]
        let answer = try await events.call(
            "PutTargets",
            ["Rule": .string("\(name)-\(group)"), "EventBusName": .string(name), "Targets": .array([target])])
        guard answer["FailedEntryCount"]?.intValue == 0 else { throw TestFailure("the rule has no target") }
    }

    func setAway(_ isAway: Bool) async throws { proxy.refuse(isAway) }

    func doomedProcess() async throws -> DoomedProcess {
        let other = SQSConsumers(session: doomedSession, configuration: queues, logger: testLogger)
        return DoomedProcess(subscriber: other) { doomedProxy.refuse(true) }
    }
}
