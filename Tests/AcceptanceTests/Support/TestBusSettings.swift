import JSONCoding
import MessageBusSQS
import Primitives
import TestSupport

/// The buses on which whole services run, each with names of its own on a server that other tests use too.
enum TestBusSettings: String, CaseIterable, Sendable {
    case postgres
    case bullmq
    case sqs
    case eventbridge

    /// Makes what an installation has to make, and returns the settings of all services.
    func make() async throws -> [String: String] {
        let name = "t\(SecureRandom.hex(bytes: 6))"
        var settings = ["EVENT_CONNECTOR": rawValue]
        switch self {
        case .postgres: break
        case .bullmq: settings["BULLMQ_PREFIX"] = "{\(name)}"
        case .sqs, .eventbridge:
            if self == .eventbridge { try await Self.makeEventBus(name) }
            let key = "AKIDTEST"
            let port = try await AWSTestServer.port()
            settings.merge([
                "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "secret-of-\(key)",
                "AWS_ENDPOINT_URL": "http://127.0.0.1:\(port)", "EVENT_BUS_NAME": name,
                "SQS_QUEUE_PREFIX": name, "SQS_CREATE_QUEUES": "\(self == .sqs)", "SQS_WAIT_SECONDS": "1",
            ]) { $1 }
        }
        return settings
    }

    /// An event bus, and for each group of consumers a queue with a rule that fills it, as docs/events.md describes.
    private static func makeEventBus(_ name: String) async throws {
        var calls: [JSONValue] = [["events", "create_event_bus", ["Name": .string(name)]]]
        for group in SQSConfiguration.defaultGroups {
            let queue = JSONValue.string("\(name)-\(group)")
            let dead = JSONValue.string("\(name)-\(group)-dead")
            for queue in [queue, dead] { calls.append(["sqs", "create_queue", ["QueueName": queue]]) }
            calls.append([
                "events", "put_rule",
                ["Name": queue, "EventBusName": .string(name), "EventPattern": #"{"source": ["CONTROL-PLANE"]}"#],
            ])
            let target: JSONValue = [
                "Id": "queue", "Arn": .string("arn:aws:sqs:eu-west-1:123456789012:\(name)-\(group)"),
            ]
            calls.append([
                "events", "put_targets",
                ["Rule": queue, "EventBusName": .string(name), "Targets": .array([target])],
            ])
        }
        let text = String(decoding: JSONValue.array(calls).serialized(), as: UTF8.self)
        _ = try await AWSTestServer.boto(text)
    }
}
