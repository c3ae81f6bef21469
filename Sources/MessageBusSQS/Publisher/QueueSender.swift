import AWS
import MessageBus
import WorkQueue

/// Sends messages to a queue, in batches side by side.
struct QueueSender: Sendable {
    /// The result of sending a message.
    enum Outcome: Sendable, Hashable {
        case sent
        /// SQS will never accept it.
        case rejected(String)
        /// The service has failed several times.
        case unavailable(String)
    }

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
    func send(_ messages: [OutgoingMessage], to queue: SQSQueue) async throws(AWSError) -> [Outcome] {
        let batches = BatchPacking.pack(messages.map(\.size), maximumCount: 10, maximumSize: maximumSize)
        let results = await withTaskGroup(of: (places: [Int], result: Result<[Outcome], AWSError>).self) { group in
            for batch in batches {
                group.addTask { (batch, await self.result(of: batch.map { messages[$0] }, queue)) }
            }
            var results: [(places: [Int], result: Result<[Outcome], AWSError>)] = []
            for await result in group { results.append(result) }
            return results
        }
        var outcomes = messages.map { _ in Outcome.unavailable("not sent") }
        for (places, result) in results {
            for (place, outcome) in zip(places, try result.get()) { outcomes[place] = outcome }
        }
        return outcomes
    }

    private func result(of batch: [OutgoingMessage], _ queue: SQSQueue) async -> Result<[Outcome], AWSError> {
        do throws(AWSError) { return .success(try await send(batch: batch, to: queue)) } catch {
            return .failure(error)
        }
    }

    private func send(batch: [OutgoingMessage], to queue: SQSQueue) async throws(AWSError) -> [Outcome] {
        let answer: BatchAnswer
        do throws(AWSError) {
            answer = try await calls.send(batch, to: queue)
        } catch {
            // A service may refuse the whole batch for one of its messages.
            guard error.kind == .refused, let code = error.code, Self.ofContent.contains(code) else { throw error }
            guard batch.count > 1 else { return [.rejected("SQS: \(code)")] }
            var outcomes: [Outcome] = []
            for message in batch { outcomes += try await send(batch: [message], to: queue) }
            return outcomes
        }
        var outcomes: [Outcome] = []
        for (place, message) in batch.enumerated() {
            outcomes.append(
                try await outcome(
                    of: message, failure: answer.failed[place], isSent: answer.succeeded.contains(place), queue))
        }
        return outcomes
    }

    private func outcome(
        of message: OutgoingMessage, failure: BatchAnswer.Failure?, isSent: Bool, _ queue: SQSQueue
    ) async throws(AWSError) -> Outcome {
        if isSent { return .sent }
        var failure = failure ?? BatchAnswer.Failure(code: "NoAnswer", isOfSender: false)
        for attempt in 1...Self.repetitions {
            if failure.isOfSender, Self.ofContent.contains(failure.code) { return .rejected("SQS: \(failure.code)") }
            try? await Task.sleep(for: BackOff.probing.delay(afterFailures: attempt), clock: .continuous)
            let answer = try await calls.send([message], to: queue)
            if answer.succeeded.contains(0) { return .sent }
            failure = answer.failed[0] ?? failure
        }
        return .unavailable(failure.code)
    }
}
