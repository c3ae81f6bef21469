/// How a piece of leased work ends.
package enum Settlement<Output: Sendable>: Sendable {
    /// It is done; the store records the output with it.
    case done(Output)
    /// The attempt failed and counts; the work becomes due again after the delay.
    case retry(after: Duration, reason: String)
    /// It is given up and kept as a dead letter until somebody looks at it.
    case deadLetter(reason: String)
    /// It is given back without counting an attempt and becomes due again after the delay.
    case released(after: Duration)
}

extension Settlement: Equatable where Output: Equatable {}

/// Thrown by a handler whose work can never succeed: it becomes a dead letter at once.
package protocol PermanentFailure: Error {
    /// Why, without data or secrets.
    var reason: String { get }
}
