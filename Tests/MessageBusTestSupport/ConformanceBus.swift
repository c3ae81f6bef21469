package import MessageBus
package import ServiceLifecycle
package import WorkQueue

/// A bus under test: what ``ConformanceCheck`` needs to know of it and to do with it. Each check gets one of its own, on
/// which nothing was published and no group is registered.
package protocol ConformanceBus: Sendable {
    var promises: BusPromises { get }
    /// The column of the bus in the table of docs/events.md; nil for a bus that is not offered.
    var documentedName: String? { get }
    var connector: any EventConnector { get }
    var subscriber: any EventSubscriber { get }
    var deadLetters: any BusDeadLetters { get }
    var backlog: any BusBacklog { get }

    /// How consumers work unless a check says otherwise; see ``ConsumerConfiguration/conformance``.
    var configuration: ConsumerConfiguration { get }
    /// The shortest lease and delay that the bus can count: the steps of its clock.
    var tick: Duration { get }

    /// Does what an installation must do before a group can receive, such as creating queues. A check calls it for each
    /// group before it publishes, unless the bus replays to new groups.
    func prepare(group: String, types: Set<String>) async throws

    /// Makes the bus unreachable for everybody, or reachable again with everything that was on it.
    func setAway(_ isAway: Bool) async throws

    /// The subscribing side of another process, which the check lets die.
    func doomedProcess() async throws -> DoomedProcess
}

extension ConformanceBus {
    package var backlog: any BusBacklog { NoBusBacklog() }
    package var configuration: ConsumerConfiguration { .conformance }
    package var tick: Duration { .milliseconds(1) }

    /// Nothing to prepare.
    package func prepare(group: String, types: Set<String>) async throws {}

    /// The consumer of a group; run it with ``running(_:_:)``.
    package func consumer(
        _ group: String, _ types: Set<String>, _ configuration: ConsumerConfiguration? = nil,
        _ handler: @escaping EventHandler
    ) throws -> @Sendable () async throws -> Void {
        let service = try subscriber.subscribe(
            group: group, types: types, configuration: configuration ?? self.configuration, handler: handler)
        return { try await service.run() }
    }
}

/// What a bus promises beyond "at least once". docs/events.md has the same table.
package struct BusPromises: Sendable, Hashable {
    /// Events of a tenant are handled one after the other, in the order in which they were published.
    package var keepsOrder = true
    /// A group that is new gets what was published before.
    package var replaysToNewGroups = true
    /// An event that is published twice is delivered once.
    package var recognizesDuplicates = true
    /// Dead letters can be listed with their reasons, counted and retried.
    package var keepsDeadLetters = true
    /// A dead letter that is listed names the attempts exactly.
    package var countsAttempts = true
    /// A process knows exactly how often others have failed with an event, also those that have ended.
    package var sharesAttempts = true
    /// The backlog of a group can be read.
    package var reportsBacklog = true
    /// What is on the bus outlives the processes. Else ``ConformanceBus/setAway(_:)`` and
    /// ``ConformanceBus/doomedProcess()`` are not called.
    package var survivesProcesses = true

    package init() {}

    /// Makes promises that differ from those of PostgreSQL.
    package init(_ change: (inout BusPromises) -> Void) {
        change(&self)
    }
}

/// A process with a connection of its own.
package struct DoomedProcess: Sendable {
    package let subscriber: any EventSubscriber
    /// Cuts its connection for good: whatever it tries afterwards does not reach the bus.
    package let kill: @Sendable () async throws -> Void

    package init(subscriber: any EventSubscriber, kill: @escaping @Sendable () async throws -> Void) {
        self.subscriber = subscriber
        self.kill = kill
    }
}

extension WorkerConfiguration {
    /// Back-off as short as can be; an hour for leases and between polls, so that what is seen was announced.
    package static let conformance = WorkerConfiguration(
        lease: .seconds(3600), backOff: BackOff(initial: .milliseconds(1), maximum: .milliseconds(2)),
        unavailability: BackOff(initial: .milliseconds(1), maximum: .milliseconds(2)), pollInterval: .seconds(3600))

    /// The same with something changed.
    package func with(_ change: (inout WorkerConfiguration) -> Void) -> WorkerConfiguration {
        var copy = self
        change(&copy)
        return copy
    }
}
