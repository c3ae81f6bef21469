import JSONCoding
import Testing

@testable import MessageBusSQS

/// How often a handler has failed with a message, as far as one process can know.
@Suite struct AttemptCountTests {
    private func message(_ id: String, _ receipt: String, receptions: Int = 1) throws -> IncomingMessage {
        try #require(
            IncomingMessage([
                "MessageId": .string(id), "ReceiptHandle": .string(receipt), "Body": "{}",
                "Attributes": ["ApproximateReceiveCount": .string("\(receptions)")],
            ]))
    }

    @Test func `an end is counted once for each reception, and other ends are no failures`() {
        var count = AttemptCount()
        for receipt in ["a", "a", "b", "b"] { count.failed(receipt: receipt) }
        for receipt in ["c", "c"] { count.returned(receipt: receipt) }
        #expect(count.failures(receptions: 4, maximumAttempts: 12) == 2)
        #expect(count.failures(receptions: 4, maximumAttempts: 3) == 2)
    }

    @Test func `what one process has seen alone is exact, whatever an outage adds`() {
        var count = AttemptCount()
        for reception in 0..<10_000 { count.returned(receipt: "outage \(reception)") }
        for failure in 0..<12 {
            #expect(count.failures(receptions: 10_001 + failure, maximumAttempts: 12) == failure)
            count.failed(receipt: "failure \(failure)")
        }
    }

    @Test func `receptions by others count once half of the attempts have failed here`() {
        var count = AttemptCount()
        for failure in 0..<6 {
            #expect(count.failures(receptions: 500 + failure, maximumAttempts: 12) == failure, "as after an outage")
            count.failed(receipt: "\(failure)")
        }
        #expect(count.failures(receptions: 11, maximumAttempts: 12) == 6, "eleven attempts so far at most")
        #expect(count.failures(receptions: 12, maximumAttempts: 12) == 11, "this is the twelfth one")
        #expect(count.failures(receptions: 506, maximumAttempts: 12) == 505)
    }

    /// However processes take turns, a message is given up, and never before it could have failed as often as is allowed.
    @Test(arguments: 1...5, [1, 2, 3, 5, 12])
    func `a message that always fails is given up by any number of processes`(processes: Int, maximum: Int) {
        var counts = [AttemptCount](repeating: AttemptCount(), count: processes)
        var receptions = 0
        while receptions < 1000 {
            receptions += 1
            let process = receptions % processes
            let failures = counts[process].failures(receptions: receptions, maximumAttempts: maximum)
            if failures + 1 >= maximum { break }
            counts[process].failed(receipt: "\(receptions)")
        }
        #expect(receptions >= maximum)
        #expect(receptions <= max(maximum, processes * ((maximum + 1) / 2) + 1))
    }

    @Test func `the memory of a process is bounded`() throws {
        let attempts = AttemptMemory()
        func failures(_ id: String) throws -> Int {
            attempts.failures(of: try message(id, "now"), maximumAttempts: 12)
        }
        attempts.failed(try message("1", "a"))
        attempts.returned(try message("1", "b"))
        attempts.failed(try message("1", "c"))
        #expect(try failures("1") == 2)
        attempts.forget("1")
        #expect(try failures("1") == 0)
        for id in 0..<(3 * AttemptMemory.capacity) { attempts.failed(try message("m\(id)", "a")) }
        #expect(try failures("m0") == 0)
        #expect(try failures("m\(3 * AttemptMemory.capacity - 1)") == 1)
    }
}
