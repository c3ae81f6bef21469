package import PostgresClient
import Primitives
import WorkQueue

/// What can go wrong on the message bus. Descriptions name causes, never data.
package enum MessageBusError: Error, Sendable, CustomStringConvertible {
    /// The bytes or values are not an event.
    case envelope(EventEnvelopeError)
    /// The database of the outbox, the inbox or the bus answered with an error.
    case database(PostgresError)
    /// The bus cannot take events now; the reason says why, without data.
    case unavailable(reason: String)
    /// The name of a consumer group or an event type is not usable.
    case invalidSubscription(reason: String)
    /// No answer in time.
    case timeout

    package var description: String {
        switch self {
        case .envelope(let error): error.description
        case .database(let error): error.description
        case .unavailable(let reason): "message bus unavailable: \(reason)"
        case .invalidSubscription(let reason): "invalid subscription: \(reason)"
        case .timeout: "message bus timed out"
        }
    }
}

extension MessageBusError: LoggableError {}

extension MessageBusError: DependencyError {
    /// Whether the bus, or the database of the outbox or inbox, cannot serve now.
    package var isDependencyUnavailable: Bool {
        switch self {
        case .database(let error): error.isDependencyUnavailable
        case .unavailable, .timeout: true
        case .envelope, .invalidSubscription: false
        }
    }
}
