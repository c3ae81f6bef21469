import AWS
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
    private let connections: AWSConnections
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
        let name = "t\(SecureRandom.hex(bytes: 6))"
        var queues = SQSConfiguration(
            groups: [], prefix: name, isFIFO: false, createsQueues: true, wait: .seconds(1))
        // A message that comes while a consumer stops would otherwise be invisible for the hour of a lease.
        queues.pollGrace = .seconds(60)
        return try await AWSConnections.with { connections in
            _ = try await connections.session.client(.eventBridge).call("CreateEventBus", ["Name": .string(name)])
            let configuration = EventBridgeConfiguration(busName: name, maximumBytes: maximumBytes)
            return try await body(
                TestEventBus(
                    eventBridge: EventBridgeConnector(
                        session: connections.session, configuration: configuration, queues: queues, logger: testLogger),
                    name: name, connections: connections, queues: queues))
        }
    }

    /// A connector to another event bus, with the same connections.
    func another(busName: String) -> EventBridgeConnector {
        EventBridgeConnector(
            session: connections.session, configuration: EventBridgeConfiguration(busName: busName), queues: queues,
            logger: testLogger)
    }

    /// Creates the queue of a group, and the rule that fills it with events of the types.
    func prepare(group: String, types: Set<String>) async throws {
        try await eventBridge.consumers.prepare(group: group)
        let events = connections.session.client(.eventBridge)
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

    func setAway(_ isAway: Bool) async throws { connections.proxy.refuse(isAway) }

    func doomedProcess() async throws -> DoomedProcess {
        let other = SQSConsumers(session: connections.doomedSession, configuration: queues, logger: testLogger)
        return DoomedProcess(subscriber: other) { connections.doomedProxy.refuse(true) }
    }
}
