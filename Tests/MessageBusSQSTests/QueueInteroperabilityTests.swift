import AWS
import JSONCoding
import MessageBus
import MessageBusTestSupport
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import MessageBusSQS

/// boto3 on the other side.
@Suite(.timeLimit(.minutes(20))) struct QueueInteroperabilityTests {
    @Test func `boto3 receives our events with their type, body, group and identifier`() async throws {
        try await TestQueues.with { queues in
            try await queues.prepare(group: "g", types: ["A"])
            let tenant = Identifier.v4()
            let event = try EventEnvelope(
                id: .v4(), type: "A", tenantID: tenant, occurredAt: SystemClock().now(), data: Array(#"{"é":"😀"}"#.utf8)
            )
            #expect(try await queues.connector.publish([event]) == [.published])
            let url = try await queues.sqs.consumers.directory.queues(of: "g").events.url
            let results = try await TestQueues.boto([
                "sqs", "receive_message",
                ["QueueUrl": .string(url), "MessageAttributeNames": ["All"], "AttributeNames": ["All"]],
            ])
            let message = try #require(results.first?["Messages"]?[0])
            #expect(message["MessageAttributes"]?["EventType"] == ["StringValue": "A", "DataType": "String"])
            #expect(message["Attributes"]?["MessageGroupId"]?.stringValue == tenant.description)
            #expect(message["Attributes"]?["MessageDeduplicationId"]?.stringValue == event.id.description)
            let body = try JSONValue.parse(Array(try #require(message["Body"]?.stringValue).utf8))
            #expect(body["type"] == "A" && body["data"] == ["é": "😀"])
            #expect(body["id"]?.stringValue == event.id.description)
        }
    }

    @Test func `we receive events of boto3, and what is no event becomes a dead letter that holds up nobody`()
        async throws
    {
        try await TestQueues.with { queues in
            try await queues.prepare(group: "g", types: ["A"])
            let url = try await queues.sqs.consumers.directory.queues(of: "g").events.url
            func send(_ body: String, _ type: String?, _ number: Int) -> JSONValue {
                var arguments: JSONObject = [
                    "QueueUrl": .string(url), "MessageBody": .string(body), "MessageGroupId": "one",
                    "MessageDeduplicationId": .string("\(number)"),
                ]
                if let type {
                    arguments["MessageAttributes"] = [
                        "EventType": ["DataType": "String", "StringValue": .string(type)]
                    ]
                }
                return ["sqs", "send_message", .object(arguments)]
            }
            let tenant = Identifier.v4()
            let results = try await TestQueues.boto(
                send(#"{"tenantId":"\#(tenant)","n":1.50}"#, "A", 1), send("hello", "A", 2), send("{}", nil, 3),
                send(#"{"type":"A","data":{"n":2}}"#, nil, 4), send("{}", "NOBODY_ASKS", 5), send("{}", "A", 6))
            let sent = results.compactMap { $0["MessageId"]?.stringValue }
            #expect(sent.count == 6)
            let seen = Seen()
            try await running([try queues.consumer("g", ["A"]) { seen.note($0) }]) {
                try await eventually("the events arrive") { seen.events(of: "g").count == 3 }
                let events = seen.events(of: "g")
                #expect(events.map(\.id.description) == [sent[0], sent[3], sent[5]], "in their order")
                #expect(
                    events.map { String(decoding: $0.data, as: UTF8.self) }
                        == [#"{"tenantId":"\#(tenant)","n":1.50}"#, #"{"n":2}"#, "{}"])
                #expect(events[0].tenantID == tenant)
                try await eventually("the others are given up") {
                    try await queues.deadLetters.deadLetterCount(group: "g") == 2
                }
                let letters = try await queues.deadLetters.deadLetters(group: "g")
                #expect(Set(letters.map(\.event.id.description)) == [sent[1], sent[2]])
                #expect(Set(letters.map(\.event.type)) == ["A", "UNREADABLE"])
                #expect(
                    Set(letters.map(\.lastError)) == [
                        "the body is not a JSON object", "neither the attribute EventType nor the body names an event",
                    ])
                #expect(letters.allSatisfy { !String(decoding: $0.event.data, as: UTF8.self).contains("hello") })
                try await eventually("the queue is empty") {
                    try await queues.backlog.backlog(group: "g").waiting == 0
                }
                // Retried, it is given up again: nothing is lost, and nothing goes in circles.
                let id = try #require(Identifier(sent[1]))
                #expect(try await queues.deadLetters.retryDeadLetters(group: "g", [id]) == 1)
                try await eventually("it is a dead letter again") {
                    guard try await queues.deadLetters.deadLetterCount(group: "g") == 2 else { return false }
                    return try await queues.backlog.backlog(group: "g").waiting == 0
                }
            }
        }
    }

    @Test func `dead letters go where the redrive policy of the queue points, and those of SQS are listed too`()
        async throws
    {
        try await TestQueues.with(isFIFO: false) { queues in
            let results = try await TestQueues.boto(
                ["sqs", "create_queue", ["QueueName": .string("\(queues.prefix)-graveyard")]],
                [
                    "sqs", "create_queue",
                    [
                        "QueueName": .string(queues.name(of: "g")),
                        "Attributes": [
                            "RedrivePolicy": .string(
                                #"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:\#(queues.prefix)-graveyard","maxReceiveCount":5}"#
                            )
                        ],
                    ],
                ],
                [
                    "sqs", "send_message",
                    [
                        "QueueUrl": .string("http://x/123456789012/\(queues.prefix)-graveyard"),
                        "MessageBody": #"{"type":"A","data":{"by":"SQS"}}"#,
                    ],
                ])
            try await queues.prepare(group: "g", types: ["A"])
            let graveyard = try #require(results[0]["QueueUrl"]?.stringValue)
            let dead = try await queues.sqs.consumers.directory.queues(of: "g").dead
            #expect(dead.name == SQSQueue(url: graveyard).name)
            let consumer = try queues.consumer("g", ["A"]) { _ in throw EventRejection(reason: "of no use") }
            try await running([consumer]) {
                #expect(try await queues.connector.publish([try numbered(1, of: nil, type: "A")]) == [.published])
                try await eventually("it is given up") {
                    try await queues.deadLetters.deadLetterCount(group: "g") == 2
                }
            }
            let letters = try await queues.deadLetters.deadLetters(group: "g")
            #expect(Set(letters.map(\.lastError)) == ["of no use", "SQS gave it up after too many receptions"])
        }
    }

    @Test func `subscriptions of one group in a process get their own types of event`() async throws {
        try await TestQueues.with { queues in
            try await queues.prepare(group: "g", types: ["A", "B"])
            let seen = Mutex<[String: [String]]>([:])
            let consumers = try ["A", "B"].map { type in
                try queues.consumer("g", [type]) { delivery in
                    seen.withLock { $0[type, default: []].append(delivery.event.type) }
                }
            }
            try await running(consumers) {
                for number in 0..<6 {
                    let event = try numbered(number, of: .v4(), type: number % 2 == 0 ? "A" : "B")
                    #expect(try await queues.connector.publish([event]) == [.published])
                }
                try await eventually("all arrive") {
                    seen.withLock { $0["A"]?.count == 3 && $0["B"]?.count == 3 }
                }
            }
            #expect(seen.withLock { $0 } == ["A": ["A", "A", "A"], "B": ["B", "B", "B"]])
        }
    }
}
