import Testing

@testable import RedisClient

@Suite struct SubscriptionTableTests {
    typealias Effects = SubscriptionTable.Effects

    @Test func subscribesWithTheGreeting() {
        var table = SubscriptionTable()
        #expect(table.add(1, channels: ["a", "b"]) == Effects())
        #expect(table.beginSession() == ["a", "b"])
        #expect(table.confirm("a") == Effects())
        #expect(table.confirm("b") == Effects(connected: [1]))
        #expect(table.sessionReady() == Effects())
    }

    @Test func subscribesAndUnsubscribesAsStreamsComeAndGo() {
        var table = SubscriptionTable()
        _ = table.beginSession()
        _ = table.sessionReady()
        #expect(table.add(1, channels: ["a"]) == Effects(subscribe: ["a"]))
        #expect(table.confirm("a") == Effects(connected: [1]))
        #expect(table.add(2, channels: ["a"]) == Effects(connected: [2]))
        #expect(table.add(3, channels: ["a", "b"]) == Effects(subscribe: ["b"]))
        #expect(table.listeners(to: "a") == [1, 2, 3])
        #expect(table.remove(1) == Effects())
        #expect(table.remove(3) == Effects(unsubscribe: ["b"]))
        #expect(table.remove(2) == Effects(unsubscribe: ["a"]))
        #expect(table.remove(2) == Effects())
        #expect(table.listeners(to: "a").isEmpty)
    }

    @Test func makesUpForWhatChangedDuringTheGreeting() {
        var table = SubscriptionTable()
        _ = table.add(1, channels: ["a"])
        #expect(table.beginSession() == ["a"])
        #expect(table.add(2, channels: ["b"]) == Effects())
        #expect(table.remove(1) == Effects())
        _ = table.confirm("a")
        #expect(table.sessionReady() == Effects(subscribe: ["b"], unsubscribe: ["a"]))
    }

    @Test func waitsForTheLaterConfirmationOfAChannelThatCameBack() {
        var table = SubscriptionTable()
        _ = table.beginSession()
        _ = table.sessionReady()
        #expect(table.add(1, channels: ["a"]) == Effects(subscribe: ["a"]))
        #expect(table.remove(1) == Effects(unsubscribe: ["a"]))
        #expect(table.add(2, channels: ["a"]) == Effects(subscribe: ["a"]))
        #expect(table.confirm("a") == Effects())
        #expect(table.confirm("a") == Effects(connected: [2]))
    }

    @Test func startsAnewWithEveryConnection() {
        var table = SubscriptionTable()
        _ = table.add(1, channels: ["a"])
        _ = table.add(2, channels: ["b"])
        _ = table.beginSession()
        _ = table.confirm("a")
        _ = table.sessionReady()
        #expect(table.endSession() == [1])
        #expect(table.endSession() == [])
        #expect(table.add(3, channels: ["c"]) == Effects())
        #expect(table.beginSession() == ["a", "b", "c"])
        #expect(table.confirm("a") == Effects(connected: [1]))
    }
}

@Suite struct MailboxTests {
    private func collapse(_ elements: [RedisInvalidation]) -> [RedisInvalidation] { RedisTracker.collapse(elements) }

    @Test func collapsesToTheStateAndAll() {
        #expect(collapse([.connected, .keys(["a"]), .disconnected, .connected, .keys(["b"])]) == [.connected, .all])
        #expect(collapse([.connected, .disconnected]) == [.disconnected, .all])
        #expect(collapse([.keys(["a"]), .keys(["b"])]) == [.all])
    }

    @Test func dropsNothingUntilFull() async {
        let mailbox = Mailbox<Int>(capacity: 3) { _ in [-1] }
        for value in 1...3 { mailbox.post(value) }
        mailbox.finish()
        var received: [Int] = []
        for await value in mailbox.stream(onTermination: {}) { received.append(value) }
        #expect(received == [1, 2, 3])
    }

    @Test func replacesItsContentWhenFull() async {
        let mailbox = Mailbox<Int>(capacity: 3) { [-$0.count] }
        for value in 1...5 { mailbox.post(value) }
        mailbox.finish()
        mailbox.post(6)
        var received: [Int] = []
        for await value in mailbox.stream(onTermination: {}) { received.append(value) }
        #expect(received == [-4, 5])
    }

    @Test func endsWithTheConsumersTask() async {
        let terminated = Recorder<Bool>()
        let mailbox = Mailbox<Int> { Array($0) }
        let stream = mailbox.stream { terminated.record(true) }
        let task = Task {
            var count = 0
            for await _ in stream { count += 1 }
            return count
        }
        mailbox.post(1)
        task.cancel()
        #expect(await task.value <= 1)
    }

    @Test func tellsWhenItsStreamIsDropped() {
        let terminated = Recorder<Bool>()
        let mailbox = Mailbox<Int> { Array($0) }
        do {
            let stream = mailbox.stream { terminated.record(true) }
            _ = stream.makeAsyncIterator()
            #expect(terminated.values.isEmpty)
        }
        #expect(terminated.values == [true])
    }
}
