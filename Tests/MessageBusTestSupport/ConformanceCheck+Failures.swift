import MessageBus
import Primitives
import Synchronization
import TestSupport
import WorkQueue

/// Failures and dead letters.
extension ConformanceCheck {
    func poison(_ bus: some ConformanceBus) async throws {
        let tenant = Identifier.v4()
        let poison = try numbered(1, of: tenant, type: "A")
        let good = try numbered(2, of: tenant, type: "A")
        let other = try numbered(3, of: .v4(), type: "A")
        let seen = Seen()
        let attempts = Mutex<[Int]>([])
        let isRepaired = Mutex(false)
        try await bus.prepare(group: "group", types: ["A"])
        let consumer = try bus.consumer("group", ["A"], bus.configuration.with { $0.maximumAttempts = 3 }) { delivery in
            if delivery.event.id == poison.id {
                attempts.withLock { $0.append(delivery.attempt) }
                if !isRepaired.withLock({ $0 }) { throw Unlucky() }
            }
            seen.note(delivery)
        }
        try await running([consumer]) {
            for event in [poison, good, other] { try await expectPublished([event], on: bus) }
            try await eventually("the others go on") { Set(seen.events(of: "group")) == [good, other] }
            guard bus.promises.keepsDeadLetters else {
                try await eventually("it is given up") { attempts.withLock { $0.count } >= 3 }
                return
            }
            // Outcomes are recorded while later events of the key are handled.
            try await eventually("it is given up") { try await bus.deadLetters.deadLetterCount(group: "group") == 1 }
            let letters = try await bus.deadLetters.deadLetters(group: "group")
            try expect(letters.map(\.event) == [poison], "the dead letter is the event as it was published")
            try expect(letters.map(\.group) == ["group"], "it names its group")
            try expect(letters.map(\.lastError) == ["Unlucky"], "its reason: a description may hold data, a type not")
            if bus.promises.countsAttempts {
                try expect(letters.map(\.attempts) == [3], "it has its attempts")
                try expect(attempts.withLock { $0 } == [1, 2, 3], "attempts are counted")
            }
            isRepaired.withLock { $0 = true }
            try expect(try await bus.deadLetters.retryDeadLetters(group: "group") == 1, "one is retried")
            try await eventually("it is handled") { seen.events(of: "group").contains(poison) }
            try await eventually("no dead letter is left") {
                try await bus.deadLetters.deadLetterCount(group: "group") == 0
            }
        }
    }

    func rejection(_ bus: some ConformanceBus) async throws {
        let rejected = try numbered(1, of: .v4(), type: "A")
        let attempts = Mutex(0)
        try await bus.prepare(group: "group", types: ["A"])
        let consumer = try bus.consumer("group", ["A"]) { _ in
            attempts.withLock { $0 += 1 }
            throw EventRejection(reason: "of no use")
        }
        try await running([consumer]) {
            try await expectPublished([rejected], on: bus)
            guard bus.promises.keepsDeadLetters else {
                try await eventually("it is tried") { attempts.withLock { $0 } > 0 }
                return
            }
            try await eventually("it is given up") { try await bus.deadLetters.deadLetterCount(group: "group") == 1 }
            let letters = try await bus.deadLetters.deadLetters(group: "group")
            try expect(letters.map(\.lastError) == ["of no use"], "the reason is the handler's")
            try expect(attempts.withLock { $0 } == 1, "it is tried once")
            if bus.promises.countsAttempts { try expect(letters.map(\.attempts) == [1], "with one attempt") }
        }
    }

    func deadLetterPages(_ bus: some ConformanceBus) async throws {
        guard bus.promises.keepsDeadLetters else { return }
        let events = try (0..<5).map { try numbered($0, of: .v4(), type: "A") }
        let seen = Seen()
        let isRepaired = Mutex(false)
        try await bus.prepare(group: "one", types: ["A"])
        try await bus.prepare(group: "two", types: ["A"])
        let consumers = try ["one", "two"].map { group in
            try bus.consumer(group, ["A"]) { delivery in
                guard group == "two" || isRepaired.withLock({ $0 }) else { throw EventRejection(reason: "of no use") }
                seen.note(delivery)
            }
        }
        try await running(consumers) {
            for event in events { try await expectPublished([event], on: bus) }
            try await eventually("all are given up") { try await bus.deadLetters.deadLetterCount(group: "one") == 5 }
            try await eventually("the other group has all") { seen.firstTimes(of: "two").count == 5 }
            try expect(try await bus.deadLetters.deadLetterCount(group: "two") == 0, "groups have their own")
            try expect(try await bus.deadLetters.deadLetters(group: "two").isEmpty, "groups have their own")
            try expect(try await bus.deadLetters.deadLetters(group: "none").isEmpty, "an unknown group has none")

            var pages: [[DeadLetter]] = []
            var last: DeadLetterPosition?
            repeat {
                pages.append(try await bus.deadLetters.deadLetters(group: "one", after: last, limit: 2))
                last = pages.last?.last?.position
            } while last != nil && pages.count < 10
            try expect(pages.map(\.count) == [2, 2, 1, 0], "pages are as long as asked for: \(pages.map(\.count))")
            let all = pages.flatMap { $0 }
            try expect(Set(all.map(\.event)) == Set(events), "each is on one page")
            try expect(all == all.sorted { $0.position < $1.position }, "in order")

            isRepaired.withLock { $0 = true }
            try expect(try await bus.deadLetters.retryDeadLetters(group: "one", [.v4()]) == 0, "an unknown event")
            try expect(try await bus.deadLetters.retryDeadLetters(group: "two", [events[0].id]) == 0, "another group")
            try expect(try await bus.deadLetters.retryDeadLetters(group: "one", [events[1].id]) == 1, "one")
            try await eventually("it is handled") { seen.events(of: "one") == [events[1]] }
            try expect(try await bus.deadLetters.deadLetterCount(group: "one") == 4, "the others stay")
            try expect(
                try await bus.deadLetters.retryDeadLetters(group: "one", [events[0].id, events[2].id]) == 2, "two")
            try await eventually("they are handled") { seen.events(of: "one").count == 3 }
            try expect(try await bus.deadLetters.deadLetterCount(group: "one") == 2, "two are left")
        }
    }

    func dependency(_ bus: some ConformanceBus) async throws {
        let events = try (0..<3).map { try numbered($0, of: .v4(), type: "A") }
        let attempts = Mutex(0)
        let isAway = Mutex(true)
        let seen = Seen()
        try await bus.prepare(group: "group", types: ["A"])
        let consumer = try bus.consumer("group", ["A"], bus.configuration.with { $0.maximumAttempts = 2 }) { delivery in
            attempts.withLock { $0 += 1 }
            if isAway.withLock({ $0 }) { throw DependencyAway() }
            seen.note(delivery)
        }
        try await running([consumer]) {
            for event in events { try await expectPublished([event], on: bus) }
            let enough = bus.tick < .milliseconds(100) ? 20 : 4
            try await eventually("they are tried in vain") { attempts.withLock { $0 } > enough }
            try expect(try await bus.deadLetters.deadLetterCount(group: "group") == 0, "nothing is given up")
            isAway.withLock { $0 = false }
            try await eventually("all are handled") { seen.firstTimes(of: "group").count == 3 }
        }
        try expect(try await bus.deadLetters.deadLetterCount(group: "group") == 0, "nothing is given up")
    }
}
