package import Primitives

/// How far a consumer group is behind: what health checks, `arc doctor` and metrics read.
package protocol BusBacklog: Sendable {
    /// What waits for a group. It must be cheap, however much waits: it is asked every few seconds.
    func backlog(group: String) async throws(MessageBusError) -> GroupBacklog
}

/// What waits for a consumer group on a bus.
package struct GroupBacklog: Sendable, Hashable {
    /// The most events that are counted.
    package static let maximumCount = 1000

    /// How many events wait, dead letters excepted; counting may stop at ``maximumCount``.
    package let waiting: Int
    /// When the oldest of them was published, or when it happened; nil when none waits or the bus cannot say.
    package let oldest: Timestamp?

    package init(waiting: Int, oldest: Timestamp?) {
        self.waiting = waiting
        self.oldest = oldest
    }
}

/// That of a bus that cannot be asked.
package struct NoBusBacklog: BusBacklog {
    package init() {}

    /// Nothing known to wait.
    package func backlog(group: String) async throws(MessageBusError) -> GroupBacklog {
        GroupBacklog(waiting: 0, oldest: nil)
    }
}
