package import AWS
import JSONCoding
package import Logging
package import MessageBus
package import Primitives
package import ServiceLifecycle
import WorkQueue

/// The receiving side of queues: subscriptions, dead letters, backlog. Whoever fills the queues, it reads what is in them.
package final class SQSConsumers: EventSubscriber {
    let calls: SQSCalls
    let directory: QueueDirectory
    let deadLetterQueue: DeadLetterQueue
    let clock: any WallClock
    private let configuration: SQSConfiguration
    private let exchange = GroupExchange()
    private let attempts = AttemptMemory()
    private let logger: Logger

    package init(
        session: AWSSession, configuration: SQSConfiguration, clock: any WallClock = SystemClock(), logger: Logger
    ) {
        calls = SQSCalls(client: session.client(.sqs))
        directory = QueueDirectory(calls: calls, configuration: configuration)
        deadLetterQueue = DeadLetterQueue(calls: calls, maximumSize: configuration.maximumBatchBytes, clock: clock)
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
    }

    /// See ``EventSubscriber``.
    package func subscribe(
        group: String, types: Set<String>, configuration: ConsumerConfiguration, handler: @escaping EventHandler
    ) throws(MessageBusError) -> any Service {
        let receiver = MessageReceiver(
            inbox: SQSInbox(try Subscription(group: group, types: types)), exchange: exchange, directory: directory,
            calls: calls, deadLetters: deadLetterQueue, attempts: attempts,
            maximumAttempts: configuration.maximumAttempts, wait: self.configuration.wait,
            grace: self.configuration.pollGrace, clock: clock, logger: logger)
        return LeasedWorker(
            deliveries: SQSDeliveryStore(receiver: receiver), configuration: configuration, logger: logger,
            handler: handler)
    }

    /// Counts a group among those whose queues must exist.
    package func watch(_ group: String) { directory.add(group) }

    /// Makes sure that the queues of a group exist, as far as the configuration allows.
    /// - Throws: `.unavailable` that says what is missing.
    package func prepare(group: String) async throws(MessageBusError) {
        directory.add(group)
        _ = try await directory.queues(of: group)
    }

    /// Whether SQS answers, and every group has its queues.
    package func isHealthy() async -> Bool {
        do throws(MessageBusError) {
            for group in directory.groups { _ = try await backlog(group: group) }
            return true
        } catch {
            logger.warning("the queues are not ready", metadata: ["error": "\(error)"])
            return false
        }
    }
}

extension SQSConsumers: BusBacklog {
    /// See ``BusBacklog``. SQS counts by approximation, and does not say how old messages are.
    package func backlog(group: String) async throws(MessageBusError) -> GroupBacklog {
        let queue = try await directory.queues(of: group).events
        return GroupBacklog(
            waiting: min(try await count(of: queue, group), GroupBacklog.maximumCount), oldest: nil)
    }

    /// The approximate number of messages in a queue, including those that consumers have received.
    func count(of queue: SQSQueue, _ group: String) async throws(MessageBusError) -> Int {
        let names = [
            "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        do throws(AWSError) {
            let attributes = try await calls.attributes(names, of: queue)
            return names.reduce(0) { sum, name in
                sum + (attributes[name]?.stringValue.flatMap { Int($0) } ?? 0)
            }
        } catch {
            if SQSCalls.isMissingQueue(error) { directory.forget(group) }
            throw MessageBusError(error)
        }
    }
}
