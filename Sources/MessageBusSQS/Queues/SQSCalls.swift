import AWS
import JSONCoding
import MessageBus

/// The operations of SQS that are used. A call that fails is a failure of the bus, whatever the reason; only the results of single
/// messages in the response of a batch say something about an event.
struct SQSCalls: Sendable {
    let client: AWSClient

    /// The codes of a queue that does not exist.
    private static let missing: Set<String> = [
        "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "NonExistentQueue",
    ]

    static func isMissingQueue(_ error: AWSError) -> Bool { error.code.map(missing.contains) ?? false }

    /// - Parameter account: Of a queue that belongs to another one.
    func url(ofName name: String, account: String? = nil) async throws(AWSError) -> SQSQueue {
        var input: JSONObject = ["QueueName": .string(name)]
        if let account { input["QueueOwnerAWSAccountId"] = .string(account) }
        return try queue(in: try await client.call("GetQueueUrl", .object(input)), "GetQueueUrl")
    }

    func create(name: String, attributes: JSONObject) async throws(AWSError) -> SQSQueue {
        let answer = try await client.call(
            "CreateQueue", ["QueueName": .string(name), "Attributes": .object(attributes)])
        return try queue(in: answer, "CreateQueue")
    }

    func attributes(_ names: [String], of queue: SQSQueue) async throws(AWSError) -> JSONObject {
        let answer = try await client.call(
            "GetQueueAttributes",
            ["QueueUrl": .string(queue.url), "AttributeNames": .array(names.map(JSONValue.string))])
        return answer["Attributes"]?.objectValue ?? [:]
    }

    /// At most ten messages.
    func receive(
        from queue: SQSQueue, atMost limit: Int, visibility: Int, wait: Int
    ) async throws(AWSError) -> [IncomingMessage] {
        let answer = try await client.call(
            "ReceiveMessage",
            [
                "QueueUrl": .string(queue.url), "MaxNumberOfMessages": .integer(min(max(limit, 1), 10)),
                "VisibilityTimeout": .integer(visibility), "WaitTimeSeconds": .integer(wait),
                "MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"],
            ], waiting: .seconds(wait))
        return (answer["Messages"]?.arrayValue ?? []).compactMap { IncomingMessage($0) }
    }

    /// Deletes at most ten messages.
    func delete(_ receipts: [String], from queue: SQSQueue) async throws(AWSError) -> BatchAnswer {
        try await batch("DeleteMessageBatch", queue, receipts.map { ["ReceiptHandle": .string($0)] })
    }

    /// Changes how long at most ten messages stay invisible.
    func changeVisibility(
        of messages: [(receipt: String, seconds: Int)], in queue: SQSQueue
    ) async throws(AWSError) -> BatchAnswer {
        try await batch(
            "ChangeMessageVisibilityBatch", queue,
            messages.map { ["ReceiptHandle": .string($0.receipt), "VisibilityTimeout": .integer($0.seconds)] })
    }

    /// Sends at most ten messages.
    func send(_ messages: [OutgoingMessage], to queue: SQSQueue) async throws(AWSError) -> BatchAnswer {
        try await batch("SendMessageBatch", queue, messages.map { $0.entry(isFIFO: queue.isFIFO) })
    }

    private func batch(
        _ operation: String, _ queue: SQSQueue, _ entries: [JSONObject]
    ) async throws(AWSError) -> BatchAnswer {
        let numbered = entries.enumerated().map { index, entry -> JSONValue in
            var entry = entry
            entry["Id"] = .string("\(index)")
            return .object(entry)
        }
        return BatchAnswer(
            try await client.call(operation, ["QueueUrl": .string(queue.url), "Entries": .array(numbered)]))
    }

    private func queue(in answer: JSONValue, _ operation: String) throws(AWSError) -> SQSQueue {
        guard let url = answer["QueueUrl"]?.stringValue, !url.isEmpty else {
            throw AWSError(.unavailable, operation: "sqs \(operation)", reason: "the answer has no URL")
        }
        return SQSQueue(url: url)
    }
}

extension MessageBusError {
    /// A call has failed: for events, the bus is unavailable.
    init(_ error: AWSError) { self = .unavailable(reason: error.description) }
}
