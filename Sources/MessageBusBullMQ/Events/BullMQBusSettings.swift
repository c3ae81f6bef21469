package import Primitives

/// How the message bus uses queues.
package struct BullMQBusSettings: Sendable, Hashable {
    /// The example of the original's connector, whose users name their own.
    package static let defaultQueue = "default-queue"

    /// The base queue. The queue of a consumer group has its name, a hyphen and the group's name.
    package var name: BullMQName
    /// How many of the latest events are kept for groups that register later; of these, duplicates are recognized.
    package var retainedEvents: Int
    /// How many handled events each group's queue keeps for people to look at.
    package var retainedJobs: Int
    /// A group none of whose consumers has shown up for this long gets no more events.
    package var groupLife: Duration
    /// How often consumers say that they are there; after a loss of Redis' data it takes this long until they are known
    /// again, and nothing is lost meanwhile.
    package var registrationInterval: Duration
    /// The events that also go into the base queue, for workers of other programs.
    package var baseQueueTypes: Set<String>
    /// The most jobs that may wait there; beyond it events of those types wait in the outbox.
    package var baseQueueCapacity: Int
    /// Attempts and back-off of the jobs there.
    package var baseQueueOptions: BullMQJobOptions
    /// Whether the jobs that other programs put into the base queue are events for the groups.
    package var consumesBaseQueue: Bool
    /// How far back outboxes publish again what was published, after Redis has lost everything.
    package var republishedTime: Duration
    /// How long an outbox may take to make events pending again, before another node of its service does.
    package var republishLimit: Duration

    /// Makes settings.
    package init(
        name: BullMQName, retainedEvents: Int = 10_000, retainedJobs: Int = 1000,
        groupLife: Duration = .seconds(7 * 86_400), registrationInterval: Duration = .seconds(2),
        baseQueueTypes: Set<String> = [], baseQueueCapacity: Int = 100_000,
        baseQueueOptions: BullMQJobOptions = BullMQBusSettings.defaultBaseQueueOptions,
        consumesBaseQueue: Bool = false, republishedTime: Duration = .seconds(86_400),
        republishLimit: Duration = .seconds(60)
    ) {
        self.name = name
        self.retainedEvents = max(retainedEvents, 1)
        self.retainedJobs = max(retainedJobs, 0)
        self.groupLife = groupLife
        self.registrationInterval = registrationInterval
        self.baseQueueTypes = baseQueueTypes
        self.baseQueueCapacity = max(baseQueueCapacity, 1)
        self.baseQueueOptions = baseQueueOptions
        self.consumesBaseQueue = consumesBaseQueue
        self.republishedTime = republishedTime
        self.republishLimit = republishLimit
    }

    /// Three attempts that are five seconds apart, as in the example of the original's connector.
    package static let defaultBaseQueueOptions = BullMQJobOptions { options in
        options.attempts = 3
        options.backOff = BullMQBackOff(.fixed, delay: .seconds(5))
        options.removeOnComplete = BullMQRetention(count: 1000)
    }
}
