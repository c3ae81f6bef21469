import MessageBus
import Primitives
import ServiceLifecycle
import Synchronization
import TestSupport
import WorkQueue

/// The ends of consumers and outages of the bus.
extension ConformanceCheck {
    func cancellation(_ bus: some ConformanceBus) async throws {
        // Were the lease kept, it would be kept for an hour, or for as long as the bus can keep one.
        let (entered, continuation) = AsyncStream<Void>.makeStream()
        try await bus.prepare(group: "group", types: ["A"])
        let stuck = try bus.consumer("group", ["A"]) { _ in
            continuation.yield()
            try await Task.sleep(for: .seconds(3600))
        }
        let event = try numbered(1, of: .v4(), type: "A")
        try await running([stuck]) {
            try await expectPublished([event], on: bus)
            for await _ in entered { break }
        }
        let attempt = Mutex(0)
        let heir = try bus.consumer("group", ["A"]) { delivery in attempt.withLock { $0 = delivery.attempt } }
        try await running([heir]) {
            try await eventually("it comes again") { attempt.withLock { $0 } > 0 }
            if bus.promises.countsAttempts { try expect(attempt.withLock { $0 } == 1, "nothing was counted") }
        }
    }

    func restarts(_ bus: some ConformanceBus) async throws {
        guard bus.promises.keepsDeadLetters else { return }
        let poison = try numbered(1, of: .v4(), type: "A")
        let (maximum, failuresBefore) = (6, 4)
        try await bus.prepare(group: "group", types: ["A"])
        let configuration = bus.configuration.with {
            $0.maximumAttempts = maximum
            $0.settlementTimeout = .seconds(60)
            // A process that is to die need not listen: the event may be published after its first look.
            $0.pollInterval = .milliseconds(100)
        }
        let first =
            try await bus.promises.survivesProcesses ? bus.doomedProcess().subscriber : bus.subscriber
        let attempts = Mutex(0)
        let (entered, continuation) = AsyncStream<Void>.makeStream()
        let ending = try first.subscribe(group: "group", types: ["A"], configuration: configuration) { _ in
            let attempt = attempts.withLock { count in
                count += 1
                return count
            }
            if attempt <= failuresBefore { throw Unlucky() }
            // All failures before this attempt are recorded. The end of the consumer interrupts this one.
            continuation.yield()
            try await Task.sleep(for: .seconds(3600))
        }
        try await running([{ try await ending.run() }]) {
            try await expectPublished([poison], on: bus)
            for await _ in entered { break }
        }
        let later = Mutex(0)
        let heir = try bus.consumer("group", ["A"], configuration) { _ in
            later.withLock { $0 += 1 }
            throw Unlucky()
        }
        try await running([heir]) {
            try await eventually("it is given up") { try await bus.deadLetters.deadLetterCount(group: "group") == 1 }
        }
        let count = later.withLock { $0 }
        if bus.promises.sharesAttempts {
            try expect(count == maximum - failuresBefore, "failures are counted for all processes: \(count)")
        } else {
            let expected = maximum - failuresBefore...maximum / 2 + 1
            try expect(expected.contains(count), "a new process tries it less often: \(count)")
        }
    }

    func shutdown(_ bus: some ConformanceBus) async throws {
        let events = try (0..<6).map { try numbered($0, of: .v4(), type: "A") }
        let seen = Seen()
        let (entered, continuation) = AsyncStream<Void>.makeStream()
        let isReleased = Mutex(false)
        try await bus.prepare(group: "group", types: ["A"])
        let configuration = bus.configuration.with {
            $0.concurrency = 2
            $0.drainTimeout = .seconds(60)
        }
        let consumer = try bus.subscriber.subscribe(group: "group", types: ["A"], configuration: configuration) {
            delivery in
            continuation.yield()
            while !isReleased.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
            seen.note(delivery)
        }
        let group = ServiceGroup(services: [consumer], logger: testLogger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for event in events { try await expectPublished([event], on: bus) }
            for await _ in entered { break }
            await group.triggerGracefulShutdown()
            isReleased.withLock { $0 = true }
            try await tasks.waitForAll()
        }
        let finished = seen.events(of: "group")
        try expect(!finished.isEmpty, "what was begun is finished")
        let heir = try bus.consumer("group", ["A"]) { seen.note($0) }
        try await running([heir]) {
            try await eventually("the rest comes to another one") { seen.firstTimes(of: "group").count == 6 }
            let last = try numbered(6, of: .v4(), type: "A")
            try await expectPublished([last], on: bus)
            try await eventually("the last one arrives") { seen.events(of: "group").contains(last) }
        }
        let counts = Dictionary(grouping: seen.events(of: "group"), by: \.id).mapValues(\.count)
        guard bus.promises.recognizesDuplicates else { return }
        try expect(finished.allSatisfy { counts[$0.id] == 1 }, "what was finished does not come again")
    }

    func backPressure(_ bus: some ConformanceBus) async throws {
        let concurrency = 2
        let count = 12
        let held = Mutex(0)
        let isReleased = Mutex(false)
        let seen = Seen()
        try await bus.prepare(group: "group", types: ["A"])
        let configuration = bus.configuration.with { $0.concurrency = concurrency }
        let busy = try bus.consumer("group", ["A"], configuration) { delivery in
            held.withLock { $0 += 1 }
            while !isReleased.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
            seen.note(delivery)
        }
        let free = try bus.consumer("group", ["A"], configuration) { seen.note($0) }
        try await running([busy]) {
            for number in 0..<count { try await expectPublished([try numbered(number, of: .v4(), type: "A")], on: bus) }
            try await eventually("the busy one has its hands full") { held.withLock { $0 } == concurrency }
            try await running([free]) {
                try await eventually("the free one handles all the others") {
                    seen.firstTimes(of: "group").count == count - concurrency
                }
                try expect(held.withLock { $0 } == concurrency, "nobody holds more than its handlers can take")
                isReleased.withLock { $0 = true }
                try await eventually("nothing is left") { seen.firstTimes(of: "group").count == count }
            }
        }
    }

    func outage(_ bus: some ConformanceBus) async throws {
        guard bus.promises.survivesProcesses else { return }
        let tenant = Identifier.v4()
        let events = try (0..<4).map { try numbered($0, of: tenant, type: "A") }
        let seen = Seen()
        try await bus.prepare(group: "group", types: ["A"])
        let configuration = bus.configuration.with {
            $0.maximumAttempts = 2
            $0.storeUnavailability = BackOff(initial: .milliseconds(5), maximum: .milliseconds(100))
        }
        try await running([try bus.consumer("group", ["A"], configuration) { seen.note($0) }]) {
            try await expectPublished([events[0]], on: bus)
            try await eventually("the first one arrives") { seen.events(of: "group").contains(events[0]) }
            try await bus.setAway(true)
            for _ in 0..<3 {
                do {
                    let outcomes = try await bus.connector.publish([events[1]])
                    throw TestFailure("published on a bus that is away: \(outcomes)")
                } catch let error as MessageBusError {
                    try expect(error.isDependencyUnavailable, "the bus is away, not the event wrong: \(error)")
                }
            }
            try await bus.setAway(false)
            for event in events.dropFirst() {
                try await eventually("it is published after the outage") {
                    do {
                        return try await bus.connector.publish([event]) == [.published]
                    } catch let error as MessageBusError {
                        try expect(error.isDependencyUnavailable, "\(error)")
                        return false
                    }
                }
            }
            try await eventually("all arrive") { seen.firstTimes(of: "group").count == 4 }
            if bus.promises.keepsOrder {
                try expect(try seen.firstTimes(of: "group").map { try $0.number } == [0, 1, 2, 3], "in order")
            }
            if bus.promises.countsAttempts {
                for event in events {
                    try expect(seen.attempts(event, of: "group").allSatisfy { $0 == 1 }, "no attempt is counted")
                }
            }
            try expect(try await bus.deadLetters.deadLetterCount(group: "group") == 0, "nothing is given up")
        }
    }

    func death(_ bus: some ConformanceBus) async throws {
        guard bus.promises.survivesProcesses else { return }
        let event = try numbered(1, of: .v4(), type: "A")
        let (entered, continuation) = AsyncStream<Void>.makeStream()
        try await bus.prepare(group: "group", types: ["A"])
        let lease = max(bus.tick, .milliseconds(500))
        let configuration = bus.configuration.with {
            $0.lease = lease
            $0.pollInterval = .milliseconds(100)
            $0.drainTimeout = .zero
            $0.settlementTimeout = .milliseconds(100)
            $0.maximumAttempts = 2
        }
        let process = try await bus.doomedProcess()
        let doomed = try process.subscriber.subscribe(group: "group", types: ["A"], configuration: configuration) { _ in
            continuation.yield()
            try await Task.sleep(for: .seconds(3600))
        }
        try await running([{ try await doomed.run() }]) {
            try await expectPublished([event], on: bus)
            for await _ in entered { break }
            try await process.kill()
        }
        let seen = Seen()
        try await running([try bus.consumer("group", ["A"], configuration) { seen.note($0) }]) {
            try await eventually("it comes again") { seen.events(of: "group").contains(event) }
            if bus.promises.countsAttempts {
                // On a machine that is busy the short lease may end once more; that is not counted either.
                try expect(
                    seen.attempts(event, of: "group").allSatisfy { $0 == 1 }, "the attempt that died is not counted")
            }
        }
    }
}
