import PostgresClient
import Primitives

/// The reasons of failures as they are stored and logged.
package enum FailureReason {
    /// The longest reason kept, in code points.
    package static let maximumLength = 300

    /// A reason given by a connector or handler, cut to length and freed of U+0000, which PostgreSQL cannot store.
    package static func stored(_ reason: String) -> String {
        reason.prefix(scalars: maximumLength).replacing("\0", with: "")
    }

    /// The description of an error whose description is made for logs; of any other the name of its type, because its
    /// description may hold data.
    package static func describing(_ error: any Error) -> String {
        switch error {
        case let error as any LoggableError: error.description
        default: String(describing: type(of: error))
        }
    }
}

/// An error whose description names causes and never data, so that it may be logged and stored.
package protocol LoggableError: Error, CustomStringConvertible {}

extension PostgresError: LoggableError {}
