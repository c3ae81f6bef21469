import NIOCore
import Synchronization

/// A `CommandPipeline` that tasks and the event loop share.
final class CommandQueue: Sendable {
    /// Who hears the outcome.
    enum Waiter: Sendable {
        case task(CheckedContinuation<RedisOutcome, Never>)
        /// Called on the event loop, or where the command is given when it is refused at once.
        case callback(@Sendable (RedisOutcome) -> Void)

        func resume(returning outcome: RedisOutcome) {
            switch self {
            case .task(let continuation): continuation.resume(returning: outcome)
            case .callback(let callback): callback(outcome)
            }
        }
    }

    typealias Pipeline = CommandPipeline<Waiter>

    private let pipeline: Mutex<Pipeline>

    init(maximumWaiting: Int, maximumBufferedBytes: Int) {
        pipeline = Mutex(Pipeline(maximumWaiting: maximumWaiting, maximumBufferedBytes: maximumBufferedBytes))
    }

    /// Runs `body` with the pipeline. Waiters are never resumed inside.
    func withPipeline<R: Sendable, E: Error>(_ body: (inout Pipeline) throws(E) -> R) throws(E) -> R {
        try pipeline.withLock { pipeline throws(E) in try body(&pipeline) }
    }

    /// Makes a command a tombstone and resumes its task.
    func cancel(ticket: UInt64) {
        withPipeline { $0.cancel(ticket: ticket) }?.resume(returning: .failure(.cancelled))
    }
}

extension [CommandQueue.Pipeline.Completion] {
    /// Gives every waiter its outcome. Only outside the lock.
    func resume() {
        for completion in self { completion.waiter.resume(returning: completion.outcome) }
    }
}
