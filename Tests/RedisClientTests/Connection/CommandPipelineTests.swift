import NIOCore
import TestSupport
import Testing

@testable import RedisClient

@Suite struct CommandPipelineTests {
    typealias Pipeline = CommandPipeline<String>

    private static let timeout = TimeAmount.seconds(1)
    private static let epoch = NIODeadline.uptimeNanoseconds(0)

    private func makePipeline(maximumWaiting: Int = 100, maximumBufferedBytes: Int = 1000) -> Pipeline {
        Pipeline(maximumWaiting: maximumWaiting, maximumBufferedBytes: maximumBufferedBytes)
    }

    private func readyPipeline() -> Pipeline {
        var pipeline = makePipeline()
        _ = pipeline.beginConnecting()
        _ = pipeline.becomeReady(deadline: Self.epoch + Self.timeout)
        return pipeline
    }

    @discardableResult
    private func enqueue(
        _ name: String, _ expectation: Pipeline.Expectation = .reply, ticket: UInt64 = 0, at seconds: Int64 = 0,
        to pipeline: inout Pipeline
    ) -> String {
        let action = pipeline.enqueue(
            expectation, waiter: name, ticket: ticket, deadline: Self.epoch + .seconds(seconds) + Self.timeout
        ) { $0.writeString(name) }
        switch action {
        case .wait: return "wait"
        case .scheduleFlush: return "flush"
        case .connect: return "connect"
        case .reject(let waiter, let error): return "\(waiter)!\(error)"
        }
    }

    private func flush(_ pipeline: inout Pipeline) -> String {
        var buffer = ByteBuffer()
        _ = pipeline.takeOutbound(into: &buffer)
        return String(buffer: buffer)
    }

    private func describe(_ completions: [Pipeline.Completion]) -> [String] {
        completions.map { completion in
            switch completion.outcome {
            case .value(let value): "\(completion.waiter)=\(value)"
            case .values(let values): "\(completion.waiter)=\(values.count) values"
            case .failure(let error): "\(completion.waiter)!\(error)"
            }
        }
    }

    @Test func `a connection is requested by the first command only`() {
        var pipeline = makePipeline()
        #expect(enqueue("a", to: &pipeline) == "connect")
        #expect(enqueue("b", to: &pipeline) == "wait")
        #expect(!pipeline.isReady)
        #expect(pipeline.becomeReady(deadline: Self.epoch + Self.timeout) == true)
        #expect(flush(&pipeline) == "ab")
        #expect(flush(&pipeline).isEmpty)
    }

    @Test func `many commands cause one flush`() {
        var pipeline = readyPipeline()
        #expect(enqueue("a", to: &pipeline) == "flush")
        #expect(enqueue("b", to: &pipeline) == "wait")
        #expect(flush(&pipeline) == "ab")
        #expect(enqueue("c", to: &pipeline) == "flush")
    }

    @Test func `replies are matched in order`() throws {
        var pipeline = readyPipeline()
        for name in ["a", "b", "c"] { enqueue(name, to: &pipeline) }
        _ = flush(&pipeline)
        #expect(try pipeline.receive(.success(.integer(1)))?.waiter == "a")
        #expect(try pipeline.receive(.failure(.init(code: .wrongType, message: "")))?.waiter == "b")
        #expect(try pipeline.receive(.success(.null))?.waiter == "c")
        #expect(pipeline.waitingCount == 0)
    }

    @Test func `a reply that nobody waits for is a violation`() {
        var pipeline = readyPipeline()
        #expect(throws: RESPViolation.unexpectedReply) { try pipeline.receive(.success(.null)) }
        enqueue("unsent", to: &pipeline)
        #expect(throws: RESPViolation.unexpectedReply) { try pipeline.receive(.success(.null)) }
    }

    @Test func `a canceled command keeps its place`() throws {
        var pipeline = readyPipeline()
        enqueue("a", ticket: 1, to: &pipeline)
        enqueue("b", ticket: 2, to: &pipeline)
        _ = flush(&pipeline)
        #expect(pipeline.cancel(ticket: 1) == "a")
        #expect(pipeline.cancel(ticket: 1) == nil)
        #expect(pipeline.cancel(ticket: 3) == nil)
        #expect(pipeline.oldestDeadline == Self.epoch + Self.timeout)
        #expect(try pipeline.receive(.success(.integer(1)))?.waiter == nil)
        let completion = try #require(try pipeline.receive(.success(.integer(2))))
        #expect(describe([completion]) == ["b=integer(2)"])
    }

    @Test func `the replies of a pipeline are collected`() throws {
        var pipeline = readyPipeline()
        enqueue("a", .replies(3), to: &pipeline)
        enqueue("b", to: &pipeline)
        _ = flush(&pipeline)
        #expect(try pipeline.receive(.success(.integer(1)))?.waiter == nil)
        #expect(try pipeline.receive(.failure(.init(code: .wrongType, message: "")))?.waiter == nil)
        let completion = try #require(try pipeline.receive(.success(.integer(3))))
        guard case .values(let values) = completion.outcome else {
            Issue.record("no values")
            return
        }
        #expect(
            values == [
                .success(.integer(1)), .failure(.server(.init(code: .wrongType, message: ""))), .success(.integer(3)),
            ])
        #expect(try pipeline.receive(.success(.null))?.waiter == "b")
    }

    @Test func `confirmations are counted`() throws {
        var pipeline = readyPipeline()
        enqueue("subscribe", .confirmations(2), to: &pipeline)
        enqueue("ping", to: &pipeline)
        #expect(pipeline.receiveConfirmation()?.waiter == nil)  // not even sent
        _ = flush(&pipeline)
        #expect(pipeline.receiveConfirmation()?.waiter == nil)
        #expect(pipeline.receiveConfirmation()?.waiter == "subscribe")
        #expect(pipeline.receiveConfirmation()?.waiter == nil)  // the oldest command is no subscription
        #expect(try pipeline.receive(.success(.null))?.waiter == "ping")
    }

    @Test func `an error ends a subscription and a value does not`() throws {
        var pipeline = readyPipeline()
        enqueue("a", .confirmations(2), to: &pipeline)
        enqueue("b", .confirmations(1), to: &pipeline)
        _ = flush(&pipeline)
        #expect(try pipeline.receive(.failure(.init(code: .noPermission, message: "")))?.waiter == "a")
        #expect(throws: RESPViolation.unexpectedReply) { try pipeline.receive(.success(.null)) }
    }

    @Test func `when the connection ends, callers learn whether their command was sent`() {
        var pipeline = readyPipeline()
        enqueue("sent", to: &pipeline)
        _ = flush(&pipeline)
        enqueue("unsent", to: &pipeline)
        let failures = pipeline.fail(.closedByServer, now: Self.epoch)
        #expect(
            describe(failures) == [
                "sent!\(RedisError.connectionLost(.closedByServer))",
                "unsent!\(RedisError.notConnected(.closedByServer))",
            ])
        #expect(enqueue("later", to: &pipeline) == "later!\(RedisError.notConnected(.closedByServer))")
        #expect(flush(&pipeline).isEmpty)
        #expect(pipeline.becomeReady(deadline: Self.epoch + Self.timeout) == false)
        #expect(pipeline.isReady)
    }

    @Test func `a due command times out and the others are lost`() {
        var pipeline = readyPipeline()
        enqueue("due", at: 0, to: &pipeline)
        enqueue("young", at: 5, to: &pipeline)
        _ = flush(&pipeline)
        let failures = pipeline.fail(.unresponsive, now: Self.epoch + .seconds(2))
        #expect(
            describe(failures) == ["due!\(RedisError.timeout)", "young!\(RedisError.connectionLost(.unresponsive))"])
    }

    @Test func `commands that waited for the first connection fail with it`() {
        var pipeline = makePipeline()
        enqueue("a", to: &pipeline)
        #expect(
            describe(pipeline.fail(.refused, now: Self.epoch)) == ["a!\(RedisError.notConnected(.refused))"])
    }

    @Test func `connecting does not count as waiting for a reply`() {
        var pipeline = makePipeline()
        enqueue("a", to: &pipeline)
        _ = pipeline.becomeReady(deadline: Self.epoch + .seconds(9))
        #expect(pipeline.oldestDeadline == Self.epoch + .seconds(9))
    }

    @Test func `commands and bytes are limited`() {
        var few = makePipeline(maximumWaiting: 2)
        enqueue("a", to: &few)
        enqueue("b", to: &few)
        #expect(enqueue("c", to: &few) == "c!\(RedisError.overloaded)")
        var small = makePipeline(maximumBufferedBytes: 3)
        enqueue("abc", to: &small)
        #expect(enqueue("d", to: &small) == "d!\(RedisError.overloaded)")
        _ = small.becomeReady(deadline: Self.epoch + Self.timeout)
        #expect(flush(&small) == "abc")
        #expect(enqueue("d", to: &small) == "flush")
    }

    @Test func `accepted commands are answered before the connection closes`() throws {
        var pipeline = readyPipeline()
        enqueue("a", to: &pipeline)
        _ = flush(&pipeline)
        #expect(pipeline.drain() == false)
        #expect(!pipeline.isDrained)
        #expect(enqueue("b", to: &pipeline) == "b!\(RedisError.closed)")
        #expect(try pipeline.receive(.success(.null))?.waiter == "a")
        #expect(pipeline.isDrained)
        #expect(pipeline.fail(.closedByServer, now: Self.epoch).isEmpty)
        #expect(pipeline.phase == .closed)
    }

    @Test func `the connection closes at once with nothing to answer`() {
        var pipeline = readyPipeline()
        #expect(pipeline.drain() == true)
        #expect(enqueue("a", to: &pipeline) == "a!\(RedisError.closed)")
        #expect(pipeline.becomeReady(deadline: Self.epoch + Self.timeout) == false)
        #expect(pipeline.beginConnecting() == false)
    }

    @Test func `commands that wait for the first connection fail when the client closes`() {
        var pipeline = makePipeline()
        enqueue("a", to: &pipeline)
        #expect(pipeline.drain() == true)
        #expect(describe(pipeline.fail(.closedByServer, now: Self.epoch)) == ["a!\(RedisError.closed)"])
    }

    /// Any order of commands, replies and cancellations: every waiter hears exactly once, and hears its own reply.
    @Test(arguments: 0..<100) func `every waiter gets its own reply once`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var pipeline = Pipeline(maximumWaiting: .max, maximumBufferedBytes: .max)
        _ = pipeline.beginConnecting()
        _ = pipeline.becomeReady(deadline: Self.epoch + Self.timeout)
        var ticket: UInt64 = 0
        var answered: UInt64 = 0
        var sent: UInt64 = 0
        var heard: [String: Int] = [:]
        for _ in 0..<500 {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0, 1:
                ticket += 1
                enqueue("\(ticket)", ticket: ticket, to: &pipeline)
            case 2:
                _ = flush(&pipeline)
                sent = ticket
            default:
                if Bool.random(using: &generator), ticket > 0 {
                    let victim = UInt64.random(in: 1...ticket, using: &generator)
                    if let waiter = pipeline.cancel(ticket: victim) {
                        #expect(waiter == "\(victim)")
                        heard[waiter, default: 0] += 1
                    }
                } else if answered < sent {
                    answered += 1
                    if let completion = try pipeline.receive(.success(.integer(Int64(answered)))) {
                        #expect(completion.waiter == "\(answered)")
                        heard[completion.waiter, default: 0] += 1
                    }
                }
            }
        }
        for completion in pipeline.fail(.closedByServer, now: Self.epoch) { heard[completion.waiter, default: 0] += 1 }
        #expect(heard.count == Int(ticket))
        #expect(heard.values.allSatisfy { $0 == 1 })
    }
}
