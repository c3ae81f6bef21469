import AWS
import MessageBus
import Synchronization
import WorkQueue

/// The deliveries of a subscription: messages of the group's queue. A lease is a visibility timeout, a claim is the receipt.
///
/// SQS settles each message by itself. When one of several cannot be settled now, `settle` throws and is repeated, which
/// changes nothing about the others.
final class SQSDeliveryStore: LeasedStore {
    private let inbox: SQSInbox
    private let receiver: MessageReceiver
    private let directory: QueueDirectory
    private let calls: SQSCalls
    private let deadLetters: DeadLetterQueue
    private let attempts: AttemptMemory
    /// Dead letters that are stored, but whose message is not deleted yet.
    private let buried = Mutex<Set<String>>([])

    init(receiver: MessageReceiver) {
        self.receiver = receiver
        inbox = receiver.inbox
        directory = receiver.directory
        calls = receiver.calls
        deadLetters = receiver.deadLetters
        attempts = receiver.attempts
    }

    private var group: String { inbox.subscription.group }

    /// Finds the queues, or creates them.
    func prepare() async throws { _ = try await directory.queues(of: group) }

    func claim(_ request: ClaimRequest) async throws -> [SQSDelivery] {
        let claim = inbox.claim(request)
        for delivery in claim.expired { attempts.returned(delivery.message) }
        if !claim.returned.isEmpty {
            let receiver = self.receiver
            await shielded { await receiver.giveBack(claim.returned) }
        }
        if let failure = claim.failure { throw failure }
        return claim.items
    }

    func renew(_ items: [SQSDelivery], lease: Duration) async throws -> Set<SQSDelivery.Handle> {
        try await changeVisibility(items.map { ($0, lease.visibility) })
    }

    func settle(
        _ settlements: [(item: SQSDelivery, settlement: Settlement<Void>)]
    ) async throws -> Set<SQSDelivery.Handle> {
        var finished: [SQSDelivery] = []
        var dead: [DeadMessage] = []
        var postponed: [(delivery: SQSDelivery, seconds: Int)] = []
        for (item, settlement) in settlements {
            switch settlement {
            case .done: finished.append(item)
            case .retry(let delay, _):
                // First: the message may be received again before the answer is here.
                attempts.failed(item.message)
                postponed.append((item, delay.delaySeconds))
            case .released(let delay):
                attempts.returned(item.message)
                postponed.append((item, delay.delaySeconds))
            case .deadLetter(let reason):
                finished.append(item)
                dead.append(
                    DeadMessage(
                        message: item.message, event: item.event, group: group, attempts: item.failures + 1,
                        reason: reason))
            }
        }
        try await bury(dead)
        var valid = try await delete(finished)
        valid.formUnion(try await changeVisibility(postponed))
        return valid
    }

    /// Not known: the answer to a poll wakes the worker.
    func timeUntilDue() async throws -> Duration? { nil }

    func watch(_ signals: WorkSignals) async {
        inbox.signal(through: signals)
        await receiver.run()
    }

    private func bury(_ letters: [DeadMessage]) async throws(MessageBusError) {
        guard !letters.isEmpty else { return }
        let queue = try await directory.queues(of: group).dead
        for letter in letters where !buried.withLock({ $0.contains(letter.message.id) }) {
            try await deadLetters.add([letter], to: queue)
            buried.withLock { _ = $0.insert(letter.message.id) }
        }
    }

    private func delete(_ deliveries: [SQSDelivery]) async throws(MessageBusError) -> Set<SQSDelivery.Handle> {
        let handles = try await inBatches(deliveries) {
            (queue, batch) async throws(AWSError) -> BatchAnswer in
            try await self.calls.delete(batch.map(\.message.receipt), from: queue)
        }
        for delivery in deliveries {
            attempts.forget(delivery.message.id)
            buried.withLock { _ = $0.remove(delivery.message.id) }
        }
        return handles
    }

    private func changeVisibility(
        _ changes: [(delivery: SQSDelivery, seconds: Int)]
    ) async throws(MessageBusError) -> Set<SQSDelivery.Handle> {
        let seconds = Dictionary(changes.map { ($0.delivery.handle, $0.seconds) }) { $1 }
        return try await inBatches(changes.map(\.delivery)) {
            (queue, batch) async throws(AWSError) -> BatchAnswer in
            try await self.calls.changeVisibility(
                of: batch.map { (receipt: $0.message.receipt, seconds: seconds[$0.handle] ?? 0) }, in: queue)
        }
    }

    /// - Returns: The handles of the messages that still belonged to this process.
    /// - Throws: If the service has failed to settle one of them.
    private func inBatches(
        _ deliveries: [SQSDelivery],
        _ call: (SQSQueue, [SQSDelivery]) async throws(AWSError) -> BatchAnswer
    ) async throws(MessageBusError) -> Set<SQSDelivery.Handle> {
        guard !deliveries.isEmpty else { return [] }
        let queue = try await directory.queues(of: group).events
        var valid: Set<SQSDelivery.Handle> = []
        for batch in deliveries.batches(of: 10) {
            let answer: BatchAnswer
            do throws(AWSError) { answer = try await call(queue, batch) } catch {
                if SQSCalls.isMissingQueue(error) { directory.forget(group) }
                throw MessageBusError(error)
            }
            if let failure = answer.failed.values.first(where: { !$0.isOfSender }) {
                throw .unavailable(reason: "sqs: \(failure.code)")
            }
            for (place, delivery) in batch.enumerated() where answer.succeeded.contains(place) {
                valid.insert(delivery.handle)
            }
        }
        return valid
    }
}
