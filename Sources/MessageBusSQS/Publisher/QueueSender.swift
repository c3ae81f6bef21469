import AWS
import MessageBus
import WorkQueue

/// Sends messages to a queue, in batches side by side.
struct QueueSender: Sendable {
    typealias Attempt = PublishedBatch.Attempt

    let calls: SQSCalls
    let maximumSize: Int

    /// Codes that say something about a message. Everything else is about the queue, the permissions or the service.
    private static let ofContent: Set<String> = [
        "InvalidMessageContents", "MessageTooLong", "InvalidParameterValue", "BatchRequestTooLong",
        "InvalidAttributeValue",
    ]

    /// How often a message is sent again after a failure of the service.
    private static let repetitions = 3

    /// - Returns: The result of each message, in the same order.
    /// - Throws: When a call failed: messages may have been stored.
    func send(_ messages: [OutgoingMessage], to queue: SQSQueue) async throws(AWSError) -> [Attempt] {
        try await BatchSending.send(sizes: messages.map(\.size), maximumSize: maximumSize) {
            (places) async throws(AWSError) -> [Attempt] in
            try await self.send(batch: places.map { messages[$0] }, to: queue)
        }
    }

    private func send(batch: [OutgoingMessage], to queue: SQSQueue) async throws(AWSError) -> [Attempt] {
        let answer: BatchAnswer
        do throws(AWSError) {
            answer = try await calls.send(batch, to: queue)
        } catch {
            // A service may refuse the whole batch for one of its messages.
            guard error.kind == .refused, let code = error.code, Self.ofContent.contains(code) else { throw error }
            guard batch.count > 1 else { return [.rejected(reason: "SQS: \(code)")] }
            var attempts: [Attempt] = []
            for message in batch { attempts += try await send(batch: [message], to: queue) }
            return attempts
        }
        var attempts: [Attempt] = []
        for (place, message) in batch.enumerated() {
            attempts.append(
                try await attempt(
                    of: message, failure: answer.failed[place], isSent: answer.succeeded.contains(place), queue))
        }
        return attempts
    }

    private func attempt(
        of message: OutgoingMessage, failure: BatchAnswer.Failure?, isSent: Bool, _ queue: SQSQueue
    ) async throws(AWSError) -> Attempt {
        if isSent { return .published }
        var failure = failure ?? BatchAnswer.Failure(code: "NoAnswer", isOfSender: false)
        for attempt in 1...Self.repetitions {
            if failure.isOfSender, Self.ofContent.contains(failure.code) {
                return .rejected(reason: "SQS: \(failure.code)")
            }
            try? await Task.sleep(for: BackOff.probing.delay(afterFailures: attempt), clock: .continuous)
            let answer = try await calls.send([message], to: queue)
            if answer.succeeded.contains(0) { return .published }
            failure = answer.failed[0] ?? failure
        }
        return .unavailable(reason: "sqs: \(failure.code)")
    }
}
