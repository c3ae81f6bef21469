import Primitives
import RedisClient

/// A job under the lock of a worker.
struct BullMQClaim: Hashable, Sendable {
    let job: String
    /// The value of the lock.
    let token: String
}

/// How a claim ends.
struct BullMQOutcome: Sendable {
    /// The ways in which a job leaves `active`.
    enum Ending: Sendable {
        /// Done, with its result as JSON.
        case completed(result: [UInt8])
        /// Given up.
        case failed(reason: String, stackTrace: [UInt8])
        /// The attempt counts; the next one comes after the delay.
        case retry(after: Duration, reason: String, stackTrace: [UInt8])
        /// Nothing is counted.
        case released(after: Duration)
    }

    let claim: BullMQClaim
    let ending: Ending
    /// What is kept of jobs that end in the same way.
    var retention = BullMQRetention.all

    /// What the script takes.
    var arguments: [RedisArgument] {
        let kept: [RedisArgument] = [
            .integer(Int64(retention.count ?? -1)), .integer(Int64(retention.age ?? -1)),
            .integer(Int64(retention.limit)),
        ]
        let head: [RedisArgument] = [.text(claim.job), .text(claim.token)]
        switch ending {
        case .completed(let result): return head + ["completed", .bytes(result), "", 0] + kept
        case .failed(let reason, let stack): return head + ["failed", .text(reason), .bytes(stack), 0] + kept
        case .retry(let delay, let reason, let stack):
            return head + ["retry", .text(reason), .bytes(stack), .milliseconds(delay)] + kept
        case .released(let delay): return head + ["release", "", "", .milliseconds(delay)] + kept
        }
    }
}

extension RedisArgument {
    /// A delay, rounded up.
    fileprivate static func milliseconds(_ delay: Duration) -> RedisArgument {
        .integer(max(delay, .zero).millisecondsRoundedUp)
    }
}
