import Entities
import PostgresClient

/// Whether a write that has failed may have happened all the same.
package enum WriteOutcome {
    /// True when the connection was lost before PostgreSQL had answered, and for errors whose cause is not known.
    package static func isUncertain(after error: any Error) -> Bool {
        switch error {
        case let error as PostgresError: error.isOutcomeUnknown
        case let error as RepositoryError: error == .outcomeUnknown
        case is HTTPFailure, is FilterError: false
        default: true
        }
    }
}
