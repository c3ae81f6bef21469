import Entities
import PostgresClient

/// Whether a write that has failed may have happened all the same.
package enum WriteOutcome {
    /// Only errors that PostgreSQL itself has given, and those that came before anything was sent, are certain: after all
    /// others (a lost connection, a timeout, a cancelled task) the transaction may have been committed, or may still be.
    package static func isUncertain(after error: any Error) -> Bool {
        switch error {
        case is HTTPFailure, is FilterError: false
        case let error as RepositoryError: isUncertain(error)
        case let error as PostgresError: isUncertain(error)
        default: true
        }
    }

    private static func isUncertain(_ error: RepositoryError) -> Bool {
        switch error {
        case .notFound, .conflict, .stillReferenced, .relatedNotFound, .invalid, .forbidden, .identifierChanged,
            .versionMismatch, .invalidFilter, .contention:
            false
        default: true
        }
    }

    private static func isUncertain(_ error: PostgresError) -> Bool {
        if error.isRetryable { return false }
        switch error.kind {
        case .encoding, .configuration, .poolExhausted: return false
        case .server: return error.isUnavailable || error.isTimeout
        default: return true
        }
    }
}
