import Testing

@testable import RedisClient

@Suite struct MailboxTests {
    private func collapse(_ elements: [RedisInvalidation]) -> [RedisInvalidation] { RedisTracker.collapse(elements) }

    @Test func `a full mailbox collapses to the last state and all keys`() {
        #expect(collapse([.connected, .keys(["a"]), .disconnected, .connected, .keys(["b"])]) == [.connected, .all])
        #expect(collapse([.connected, .disconnected]) == [.disconnected, .all])
        #expect(collapse([.keys(["a"]), .keys(["b"])]) == [.all])
    }

    @Test func `a mailbox drops nothing until it is full`() async {
        let mailbox = Mailbox<Int>(capacity: 3) { _ in [-1] }
        for value in 1...3 { mailbox.post(value) }
        mailbox.finish()
        var received: [Int] = []
        for await value in mailbox.stream(onTermination: {}) { received.append(value) }
        #expect(received == [1, 2, 3])
    }

    @Test func `a full mailbox replaces its content`() async {
        let mailbox = Mailbox<Int>(capacity: 3) { [-$0.count] }
        for value in 1...5 { mailbox.post(value) }
        mailbox.finish()
        mailbox.post(6)
        var received: [Int] = []
        for await value in mailbox.stream(onTermination: {}) { received.append(value) }
        #expect(received == [-4, 5])
    }

    @Test func `a stream ends with its consumer's task`() async {
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

    @Test func `a dropped stream is noticed`() {
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
