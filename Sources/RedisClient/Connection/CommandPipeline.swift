import DequeModule
import NIOCore

/// What a waiting command gets in the end.
enum RedisOutcome: Sendable {
    /// The reply, or the last confirmation of a subscription.
    case value(RedisValue)
    /// The replies of a pipeline, in order.
    case values([Result<RedisValue, RedisError>])
    case failure(RedisError)
}

/// The pure heart of a connection: which commands wait, which bytes are still to be written, and what becomes of them
/// when replies come, tasks are canceled, deadlines pass and connections end.
///
/// Replies are matched first in, first out. Every method returns what is to be done; nothing is done here, so the
/// owner can hold a lock around a call and resume waiters after it.
struct CommandPipeline<Waiter> {
    /// The state of the connection.
    enum Phase: Equatable {
        /// Nobody needed a connection yet.
        case idle
        /// The very first attempt is under way: commands wait for its outcome.
        case connecting
        /// Commands flow.
        case ready
        /// Attempts go on in the background; commands fail at once.
        case down(RedisConnectionFailure)
        /// Shutting down: what was accepted is still answered, nothing new is.
        case draining
        case closed
    }

    /// What the replies to a command look like.
    enum Expectation: Equatable {
        case reply
        /// Several replies for one waiter.
        case replies(Int)
        /// Pushes that confirm (un)subscriptions, one a channel; an error reply ends them all.
        case confirmations(Int)
    }

    /// What the caller of `enqueue` has to do.
    enum EnqueueAction {
        /// Nothing: a flush is on its way already, or the connection is.
        case wait
        /// Have the event loop flush.
        case scheduleFlush
        /// Start the first connection.
        case connect
        case reject(Waiter, RedisError)
    }

    /// A waiter and what to resume it with.
    struct Completion {
        let waiter: Waiter
        let outcome: RedisOutcome
    }

    fileprivate struct Slot {
        /// Nil for a tombstone: the reply is still expected, but not needed.
        var waiter: Waiter?
        let ticket: UInt64
        var deadline: NIODeadline
        var remaining: Int
        let confirms: Bool
        let isPipeline: Bool
        var results: [Result<RedisValue, RedisError>] = []
    }

    private(set) var phase: Phase = .idle
    private var slots: Deque<Slot> = []
    /// Slots at the end whose bytes are still in `outbound`.
    private var unsent = 0
    private var outbound = ByteBuffer()
    private var isFlushScheduled = false
    private let maximumWaiting: Int
    private let maximumBufferedBytes: Int

    init(maximumWaiting: Int, maximumBufferedBytes: Int) {
        self.maximumWaiting = maximumWaiting
        self.maximumBufferedBytes = maximumBufferedBytes
    }

    var isReady: Bool { phase == .ready }

    /// Commands without their reply, tombstones included.
    var waitingCount: Int { slots.count }

    /// When the oldest command must be answered: all have the same timeout, so no other is due earlier.
    var oldestDeadline: NIODeadline? { slots.first?.deadline }

    // MARK: Commands

    /// Accepts a command, or says why not.
    ///
    /// - Parameters:
    ///   - waiter: nil if the reply is not needed.
    ///   - ticket: names the command for `cancel`; unique.
    ///   - encode: writes the command's bytes; called only when it is accepted.
    mutating func enqueue(
        _ expectation: Expectation, waiter: Waiter?, ticket: UInt64, deadline: NIODeadline,
        encode: (inout ByteBuffer) -> Void
    ) -> EnqueueAction {
        if let refusal {
            return waiter.map { .reject($0, refusal) } ?? .wait
        }
        encode(&outbound)
        var slot = Slot(
            waiter: waiter, ticket: ticket, deadline: deadline, remaining: 1, confirms: false, isPipeline: false)
        switch expectation {
        case .reply: break
        case .replies(let count):
            slot = Slot(
                waiter: waiter, ticket: ticket, deadline: deadline, remaining: count, confirms: false,
                isPipeline: true)
            slot.results.reserveCapacity(count)
        case .confirmations(let count):
            slot = Slot(
                waiter: waiter, ticket: ticket, deadline: deadline, remaining: count, confirms: true,
                isPipeline: false)
        }
        slots.append(slot)
        unsent += 1
        switch phase {
        case .idle:
            phase = .connecting
            return .connect
        case .ready where !isFlushScheduled:
            isFlushScheduled = true
            return .scheduleFlush
        default:
            return .wait
        }
    }

    private var refusal: RedisError? {
        switch phase {
        case .down(let failure): .notConnected(failure)
        case .draining, .closed: .closed
        case .idle, .connecting, .ready:
            slots.count >= maximumWaiting || outbound.readableBytes >= maximumBufferedBytes ? .overloaded : nil
        }
    }

    /// Forgets the waiter of a command. A command that was accepted keeps its place, so that the replies behind it
    /// still find their owners.
    mutating func cancel(ticket: UInt64) -> Waiter? {
        guard let index = slots.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        return slots[index].waiter.take()
    }

    // MARK: Connection

    /// The owner begins to connect without a command that asks for it. False when that is under way or over.
    mutating func beginConnecting() -> Bool {
        guard phase == .idle else { return false }
        phase = .connecting
        return true
    }

    /// The greeting is done. True when commands wait to be flushed.
    ///
    /// - Parameter deadline: of the commands that waited for this: what connecting took is not theirs.
    mutating func becomeReady(deadline: NIODeadline) -> Bool {
        guard !isEnding else { return false }
        phase = .ready
        for index in slots.indices { slots[index].deadline = deadline }
        isFlushScheduled = !slots.isEmpty
        return isFlushScheduled
    }

    /// Swaps the bytes to be written into `buffer`, which must be empty and whose memory is used for what comes next.
    /// False when there is nothing to write.
    mutating func takeOutbound(into buffer: inout ByteBuffer) -> Bool {
        isFlushScheduled = false
        guard outbound.readableBytes > 0 else { return false }
        swap(&outbound, &buffer)
        unsent = 0
        return true
    }

    /// Matches one reply with the oldest command.
    mutating func receive(_ reply: Result<RedisValue, RedisServerError>) throws(RESPViolation) -> Completion? {
        guard slots.count > unsent else { throw .unexpectedReply }
        if slots[0].isPipeline {
            slots[0].results.append(reply.mapError { .server($0) })
            slots[0].remaining -= 1
            guard slots[0].remaining == 0 else { return nil }
            let slot = slots.removeFirst()
            return slot.waiter.map { Completion(waiter: $0, outcome: .values(slot.results)) }
        }
        if slots[0].confirms, case .success = reply { throw .unexpectedReply }
        let slot = slots.removeFirst()
        guard let waiter = slot.waiter else { return nil }
        switch reply {
        case .success(let value): return Completion(waiter: waiter, outcome: .value(value))
        case .failure(let error): return Completion(waiter: waiter, outcome: .failure(.server(error)))
        }
    }

    /// Matches one confirmation of a subscription with the oldest command, if that is what it waits for.
    mutating func receiveConfirmation() -> Completion? {
        guard slots.count > unsent, slots[0].confirms else { return nil }
        slots[0].remaining -= 1
        guard slots[0].remaining == 0 else { return nil }
        return slots.removeFirst().waiter.map { Completion(waiter: $0, outcome: .value(.null)) }
    }

    // MARK: Ends

    /// The connection, or an attempt to make one, failed: no more commands get replies.
    ///
    /// - Parameter now: commands due by then time out, when the failure is `.unresponsive`.
    mutating func fail(_ failure: RedisConnectionFailure, now: NIODeadline) -> [Completion] {
        let sent = slots.count - unsent
        let completions = slots.enumerated().compactMap { index, slot -> Completion? in
            guard let waiter = slot.waiter else { return nil }
            let error: RedisError =
                if failure == .unresponsive, slot.deadline <= now {
                    .timeout
                } else if index < sent {
                    .connectionLost(failure)
                } else {
                    isEnding ? .closed : .notConnected(failure)
                }
            return Completion(waiter: waiter, outcome: .failure(error))
        }
        slots.removeAll(keepingCapacity: true)
        unsent = 0
        outbound = ByteBuffer()
        isFlushScheduled = false
        phase = isEnding ? .closed : .down(failure)
        return completions
    }

    /// Shuts down. True when the connection can be closed at once, false when it still has to answer.
    mutating func drain() -> Bool {
        switch phase {
        case .ready where !slots.isEmpty:
            phase = .draining
            return false
        case .draining:
            return false
        default:
            phase = .closed
            return true
        }
    }

    /// True when the last command of a connection that shuts down has been answered.
    var isDrained: Bool { phase == .draining && slots.isEmpty }

    /// True once `drain` was called.
    var isEnding: Bool { phase == .draining || phase == .closed }
}

extension CommandPipeline: Sendable where Waiter: Sendable {}
extension CommandPipeline.Slot: Sendable where Waiter: Sendable {}
extension CommandPipeline.Completion: Sendable where Waiter: Sendable {}
extension CommandPipeline.EnqueueAction: Sendable where Waiter: Sendable {}
