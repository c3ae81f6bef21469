/// An error of a feature that defines its HTTP response.
///
/// Rules throw errors of their domain, which say what happened; the conformance, in a separate file beside the
/// controller, says how that is answered. ``FailureMapping`` asks for it, and nothing else does.
package protocol HTTPFailureConvertible: Error {
    /// The answer.
    var httpFailure: HTTPFailure { get }
}
