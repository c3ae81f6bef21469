package import Primitives
package import RedisClient
package import WorkQueue

/// What can go wrong with a queue. Descriptions name causes, never data.
package enum BullMQError: Error, Sendable, Hashable {
    /// Redis failed or refused.
    case redis(RedisError)
    /// A name, option or job is not valid; the member is named.
    case invalid(member: String)
    /// A script returned something else than it returns.
    case unexpectedReply
}

extension BullMQError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .redis(let error): error.description
        case .invalid(let member): "the job's \(member) is not valid"
        case .unexpectedReply: "Redis replied to a script with an unexpected value"
        }
    }
}

extension BullMQError: LoggableError {}

extension BullMQError: DependencyError {
    /// Whether Redis cannot serve now: away, starting, read-only, out of memory, or not able to save.
    package var isDependencyUnavailable: Bool {
        switch self {
        case .redis(let error):
            error.isUnavailable || error == .cancelled || error.serverCode == .outOfMemory
                || error.serverCode == .misconfigured
        case .invalid, .unexpectedReply: false
        }
    }
}
