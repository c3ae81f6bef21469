import PostgresClient
import Primitives

/// The words that are stored and logged about a failure.
enum FailureReason {
    /// The longest reason kept, in code points.
    static let maximumLength = 300

    /// A reason given by a connector or handler, cut to length and freed of U+0000, which PostgreSQL cannot store.
    static func stored(_ reason: String) -> String {
        reason.prefix(scalars: maximumLength).replacing("\0", with: "")
    }

    /// What is told about an error that says nothing about itself on purpose: the name of its type, as its description
    /// may hold data.
    static func describing(_ error: any Error) -> String {
        switch error {
        case let error as MessageBusError: error.description
        case let error as PostgresError: error.description
        default: String(describing: type(of: error))
        }
    }
}
