import PostgresClient
import Primitives

extension RepositoryError: DependencyError {
    /// Whether the database is away or not ready, or another transaction was first: the same will succeed later.
    package var isDependencyUnavailable: Bool {
        switch self {
        case .unavailable, .timeout, .outcomeUnknown, .contention: true
        case .unexpected(let state): state.map { PostgresError.isOfUnreadyServer($0) } ?? false
        default: false
        }
    }
}
