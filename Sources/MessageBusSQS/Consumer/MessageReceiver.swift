import AWS
import Logging
import MessageBus
import Primitives
import WorkQueue

/// Receives messages for a subscription for as long as it asks for some.
///
/// A long poll is not canceled at once when the consumer stops: SQS may have handed a message to it already, which would then stay
/// invisible for the length of a lease. Messages that arrive after that are given back.
struct MessageReceiver: Sendable {
    let inbox: SQSInbox
    let exchange: GroupExchange
    let directory: QueueDirectory
    let calls: SQSCalls
    let deadLetters: DeadLetterQueue
    let attempts: AttemptMemory
    /// With the last of them a message becomes a dead letter.
    let maximumAttempts: Int
    let wait: Duration
    /// How long a poll may go on when the consumer stops.
    let grace: Duration
    let clock: any WallClock
    let logger: Logger

    private var group: String { inbox.subscription.group }

    func run() async {
        exchange.join(inbox)
        while let demand = await inbox.nextDemand() {
            let poll = Task { await receive(demand) }
            await withTaskCancellationHandler {
                await poll.value
            } onCancel: {
                Task { [grace] in
                    try? await Task.sleep(for: grace, clock: .continuous)
                    poll.cancel()
                }
            }
        }
        exchange.leave(inbox)
        let rest = inbox.removeAll()
        await shielded { await giveBack(rest) }
    }

    /// Makes messages visible again. What cannot be given back becomes visible when its lease ends.
    func giveBack(_ deliveries: [SQSDelivery]) async {
        for delivery in deliveries { attempts.returned(delivery.message) }
        guard !deliveries.isEmpty, let queues = try? await directory.queues(of: group) else { return }
        for batch in deliveries.batches(of: 10) {
            let changes = batch.map { (receipt: $0.message.receipt, seconds: 0) }
            _ = try? await calls.changeVisibility(of: changes, in: queues.events)
        }
    }

    private func receive(_ demand: MessageIntake.Demand) async {
        do throws(MessageBusError) {
            let queues = try await directory.queues(of: group)
            let messages: [IncomingMessage]
            do throws(AWSError) {
                messages = try await calls.receive(
                    from: queues.events, atMost: demand.limit, visibility: demand.lease.visibility,
                    wait: Int(wait.components.seconds))
            } catch {
                if SQSCalls.isMissingQueue(error) { directory.forget(group) }
                throw MessageBusError(error)
            }
            if messages.isEmpty {
                // Without long polling the queue is not asked without a pause.
                if wait == .zero { try? await Task.sleep(for: .milliseconds(200), clock: .continuous) }
                inbox.foundNothing(for: demand)
            } else if await !take(messages, from: queues) {
                inbox.foundNothing(for: demand)
            }
        } catch {
            inbox.failed(error)
        }
    }

    /// Hands messages to the subscriptions of the group, and settles those that no subscription can handle.
    /// - Returns: Whether this subscription got a message.
    private func take(_ messages: [IncomingMessage], from queues: GroupQueues) async -> Bool {
        var shares = ReceivedShares()
        var unwanted: [IncomingMessage] = []
        for message in messages {
            do throws(EventReading.Unreadable) {
                let event = try EventReading.event(in: message, now: clock.now())
                guard let taker = exchange.taker(of: event.type, group: group, first: inbox) else {
                    unwanted.append(message)
                    continue
                }
                let delivery = SQSDelivery(
                    message: message, event: event, group: group,
                    failures: attempts.failures(of: message, maximumAttempts: maximumAttempts),
                    isOrdered: queues.events.isFIFO)
                shares.add(delivery, to: taker)
            } catch {
                await giveUp(message, error.reason, queues)
            }
        }
        // Before the messages that precede them are handled, so that the queue can hand them out right after that.
        await giveBack(shares.postponed)
        var hasTaken = false
        for (taker, deliveries) in shares.takers {
            if taker.receive(deliveries) {
                hasTaken = hasTaken || taker === inbox
            } else {
                for delivery in deliveries { attempts.returned(delivery.message) }
            }
        }
        await acknowledge(unwanted, from: queues.events)
        return hasTaken
    }

    /// Deletes messages of types that no subscription of the group asks for: its queue gets all events.
    private func acknowledge(_ messages: [IncomingMessage], from queue: SQSQueue) async {
        guard !messages.isEmpty else { return }
        logger.debug(
            "events of types that the group does not ask for are deleted", metadata: ["count": "\(messages.count)"])
        _ = try? await calls.delete(messages.map(\.receipt), from: queue)
    }

    /// Makes a dead letter of a message that is no event: no handler can ever handle it.
    private func giveUp(_ message: IncomingMessage, _ reason: String, _ queues: GroupQueues) async {
        logger.error(
            "a message is not an event and becomes a dead letter",
            metadata: ["group": "\(group)", "message": "\(message.id)", "reason": "\(reason)"])
        do throws(MessageBusError) {
            try await deadLetters.add(
                [DeadMessage(message: message, event: nil, group: group, attempts: 1, reason: reason)],
                to: queues.dead)
        } catch {
            logger.error("a dead letter could not be stored", metadata: ["error": "\(error)"])
            return
        }
        _ = try? await calls.delete([message.receipt], from: queues.events)
    }
}

extension Duration {
    /// As a visibility timeout: whole seconds, at least one and at most twelve hours.
    var visibility: Int { Int(min(max(secondsRoundedUp, 1), 43_200)) }

    /// As a delay: the nearest number of seconds, at most twelve hours.
    var delaySeconds: Int { Int(min(max((milliseconds + 500) / 1000, 0), 43_200)) }
}

extension Array {
    /// Parts of at most that many elements.
    func batches(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
