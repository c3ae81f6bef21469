import AWS
import JSONCoding
import Logging
import MessageBus
import MessageBusTestSupport
import NIOHTTP1
import Primitives
import ServiceLifecycle
import StackTestSupport
import Synchronization
import TestSupport
import Testing
import WorkQueue

@testable import MessageBusSQS

/// What SQS refuses, entirely or in part.
@Suite(.timeLimit(.minutes(20))) struct QueueFailureTests {
    private typealias Answer = ScriptedServer.Answer

    /// A connector whose queues exist, with a server that answers the other calls as told.
    private func with(
        groups: [String] = ["g"], _ script: @escaping @Sendable (_ operation: String, JSONValue, Int) -> Answer,
        _ body: (SQSConnector, ScriptedServer) async throws -> Void
    ) async throws {
        let calls = Mutex(0)
        try await ScriptedServer.run { request, _ in
            let operation = Self.operation(request) ?? ""
            let input = (try? JSONValue.parse(Array(request.body.utf8))) ?? .null
            switch operation {
            case "GetQueueUrl":
                return Answer(200, #"{"QueueUrl":"http://x/1/\#(input["QueueName"]?.stringValue ?? "")"}"#)
            case "GetQueueAttributes": return Answer(200, "{}")
            default:
                let number = calls.withLock { calls in
                    defer { calls += 1 }
                    return calls
                }
                return script(operation, input, number)
            }
        } _: { server, url in
            let port = try #require(url.split(separator: ":").last.flatMap { Int($0) })
            let session = try AWSConnections.session(port: port)
            let connector = SQSConnector(
                session: session, configuration: SQSConfiguration(groups: groups, wait: .zero), logger: testLogger)
            try await withCleanup {
                try await body(connector, server)
            } cleanup: {
                await session.shutdown()
            }
        }
    }

    /// The answer to a batch of which entries fail with codes; the fault is the service's unless the code is of content.
    private static func answer(_ input: JSONValue, failing: [Int: String]) -> Answer {
        let count = input["Entries"]?.arrayValue?.count ?? 0
        var good: [JSONValue] = []
        var bad: [JSONValue] = []
        for place in 0..<count {
            if let code = failing[place] {
                bad.append([
                    "Id": .string("\(place)"), "Code": .string(code), "SenderFault": .bool(code.hasPrefix("Invalid")),
                ])
            } else {
                good.append(["Id": .string("\(place)"), "MessageId": "m"])
            }
        }
        let value: JSONValue = ["Successful": .array(good), "Failed": .array(bad)]
        return Answer(200, String(decoding: value.serialized(), as: UTF8.self))
    }

    private static func operation(_ request: ScriptedServer.Request) -> String? {
        request.headers.first(name: "x-amz-target")?.split(separator: ".").last.map(String.init)
    }

    /// What an operation was called with, each time.
    private static func inputs(_ server: ScriptedServer, _ name: String) -> [JSONValue] {
        server.requests.filter { operation($0) == name }.map {
            (try? JSONValue.parse(Array($0.body.utf8))) ?? .null
        }
    }

    private static func bodies(_ server: ScriptedServer) -> [[String]] {
        inputs(server, "SendMessageBatch").map { input in
            (input["Entries"]?.arrayValue ?? []).compactMap { $0["MessageDeduplicationId"]?.stringValue }
        }
    }

    @Test func `a message that fails in a batch is sent again alone, and one at fault is rejected`() async throws {
        let events = try (0..<4).map { try numbered($0, of: .v4(), type: "A") }
        try await with { _, input, number in
            Self.answer(input, failing: number == 0 ? [1: "InternalError", 2: "InvalidMessageContents"] : [:])
        } _: { connector, server in
            let outcomes = try await connector.publish(events)
            #expect(
                outcomes == [.published, .published, .rejected(reason: "SQS: InvalidMessageContents"), .published])
            let sent = Self.bodies(server)
            #expect(sent == [events.map(\.id.description), [events[1].id.description]])
        }
    }

    @Test func `a message that keeps failing by the fault of the service is no attempt`() async throws {
        let tenant = Identifier.v4()
        let events = try [numbered(0, of: .v4()), numbered(1, of: tenant), numbered(2, of: tenant)]
        let failing = events[1].id.description
        try await with { _, input, _ in
            let place = input["Entries"]?.arrayValue?.firstIndex {
                $0["MessageDeduplicationId"]?.stringValue == failing
            }
            return Self.answer(input, failing: place.map { [$0: "InternalError"] } ?? [:])
        } _: { connector, _ in
            let outcomes = try await connector.publish(events)
            #expect(outcomes == [.published, .held, .held])
            await #expect(throws: MessageBusError.self) { try await connector.publish([events[1]]) }
        }
    }

    @Test func `a batch that is refused for one of its messages is sent one by one`() async throws {
        let events = try (0..<3).map { try numbered($0, of: .v4()) }
        let bad = events[1].id.description
        try await with { _, input, _ in
            let ids = input["Entries"]?.arrayValue?.compactMap { $0["MessageDeduplicationId"]?.stringValue } ?? []
            return ids.contains(bad)
                ? Answer(400, #"{"__type":"com.amazonaws.sqs#InvalidMessageContents"}"#)
                : Self.answer(input, failing: [:])
        } _: { connector, _ in
            let outcomes = try await connector.publish(events)
            #expect(outcomes == [.published, .rejected(reason: "SQS: InvalidMessageContents"), .published])
        }
    }

    @Test func `a refused call says nothing about events: the bus is away`() async throws {
        try await with { _, _, _ in
            Answer(403, #"{"__type":"AccessDeniedException"}"#)
        } _: { connector, _ in
            let error = await #expect(throws: MessageBusError.self) {
                try await connector.publish([try numbered(1, of: nil)])
            }
            #expect(error?.isDependencyUnavailable == true)
            #expect(error?.description.contains("AccessDeniedException") == true)
        }
    }

    @Test func `an event is on the bus when every group has it`() async throws {
        let event = try numbered(1, of: nil)
        try await with(groups: ["one", "two"]) { _, input, _ in
            input["QueueUrl"]?.stringValue?.contains("two") == true
                ? Self.answer(input, failing: [0: "InvalidMessageContents"]) : Self.answer(input, failing: [:])
        } _: { connector, server in
            let outcomes = try await connector.publish([event])
            #expect(outcomes == [.rejected(reason: "SQS: InvalidMessageContents")])
            #expect(Self.bodies(server).count == 2)
        }
    }

    @Test func `batches have at most ten messages and the limit of bytes, and what exceeds it is rejected`()
        async throws
    {
        try await TestQueues.with {
            $0.maximumBatchBytes = 4096
        } _: { queues in
            try await queues.prepare(group: "g", types: ["A"])
            func event(_ size: Int) throws -> EventEnvelope {
                let text = String(repeating: "x", count: size)
                return try EventEnvelope(
                    id: .v4(), type: "A", tenantID: .v4(), occurredAt: SystemClock().now(),
                    data: Array(#"{"t":"\#(text)"}"#.utf8))
            }
            var events = try (0..<25).map { try event($0 * 100) }
            events.append(try event(5000))
            let outcomes = try await queues.connector.publish(events)
            #expect(outcomes.dropLast() == Array(repeating: .published, count: 25)[...])
            guard case .rejected(let reason) = outcomes[25] else { throw TestFailure("\(outcomes[25])") }
            #expect(reason.hasSuffix("more than 4096"))
            #expect(try await queues.backlog.backlog(group: "g").waiting == 25)
        }
    }

    @Test func `a missing queue is named, and its group is not ready, until it is there`() async throws {
        let log = RecordedLog(.warning)
        try await TestQueues.with(logger: log.logger) {
            $0.groups = ["g"]
            $0.createsQueues = false
        } _: { queues in
            let error = await #expect(throws: MessageBusError.self) {
                try await queues.connector.publish([try numbered(1, of: nil)])
            }
            let name = "\(queues.prefix)-g.fifo"
            #expect(error?.description.contains("the queue \(name) of the group g does not exist") == true)
            #expect(error?.isDependencyUnavailable == true)
            #expect(await !queues.sqs.consumers.isHealthy())
            #expect(log.lines.contains { $0.contains(name) })
            #expect(try await queues.deadLetters.deadLetters(group: "g").isEmpty)
            _ = try await TestQueues.boto(
                ["sqs", "create_queue", ["QueueName": .string(name), "Attributes": ["FifoQueue": "true"]]],
                ["sqs", "create_queue", ["QueueName": .string("\(queues.prefix)-g-dead")]])
            #expect(try await queues.connector.publish([try numbered(1, of: nil)]) == [.published])
            #expect(await queues.sqs.consumers.isHealthy())
            // A queue that is deleted later is noticed.
            let url = try await queues.sqs.consumers.directory.queues(of: "g").events.url
            _ = try await TestQueues.boto(["sqs", "delete_queue", ["QueueUrl": .string(url)]])
            await #expect(throws: MessageBusError.self) {
                try await queues.connector.publish([try numbered(2, of: nil)])
            }
            #expect(await !queues.sqs.consumers.isHealthy())
        }
    }

    @Test func `a group that publishers do not send to cannot subscribe`() async throws {
        try await TestQueues.with { queues in
            let error = #expect(throws: MessageBusError.self) { try queues.consumer("other", ["A"]) { _ in } }
            #expect(error?.description.contains("SQS_GROUPS") == true)
            await #expect(throws: MessageBusError.self) {
                try await queues.connector.publish([try numbered(1, of: nil)])
            }
        }
    }

    @Test func `leases are renewed while a handler takes its time`() async throws {
        let event = try numbered(1, of: .v4(), type: "A")
        let message: JSONValue = [
            "MessageId": "m", "ReceiptHandle": "r", "Body": .string(String(decoding: event.jsonBytes(), as: UTF8.self)),
        ]
        let received = String(decoding: (["Messages": [message]] as JSONValue).serialized(), as: UTF8.self)
        let isHandedOut = Mutex(false)
        let isReleased = Mutex(false)
        try await with { operation, input, _ in
            guard operation == "ReceiveMessage" else { return Self.answer(input, failing: [:]) }
            let isFirst = isHandedOut.withLock { isHandedOut in
                defer { isHandedOut = true }
                return !isHandedOut
            }
            return Answer(200, isFirst ? received : "{}")
        } _: { connector, server in
            let configuration = ConsumerConfiguration.conformance.with { $0.lease = .seconds(3) }
            let slow = try connector.subscribe(group: "g", types: ["A"], configuration: configuration) { _ in
                try await eventually("the test goes on") { isReleased.withLock { $0 } }
            }
            try await running([{ try await slow.run() }]) {
                try await eventually("the lease is renewed again and again") {
                    Self.inputs(server, "ChangeMessageVisibilityBatch").count >= 3
                }
                isReleased.withLock { $0 = true }
                try await eventually("it is done") { !Self.inputs(server, "DeleteMessageBatch").isEmpty }
            }
            #expect(Self.inputs(server, "ReceiveMessage").first?["VisibilityTimeout"] == 3)
            let renewal: JSONValue = [["ReceiptHandle": "r", "VisibilityTimeout": 3, "Id": "0"]]
            let renewals = Self.inputs(server, "ChangeMessageVisibilityBatch")
            #expect(renewals.allSatisfy { $0["Entries"] == renewal }, "\(renewals)")
        }
    }
}
