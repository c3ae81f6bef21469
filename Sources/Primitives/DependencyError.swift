/// An error that knows whether it is about the work itself or about something the work depends on.
///
/// A worker counts failed attempts and gives up in the end. The absence of a database, a network or another service is no
/// such attempt: the same work succeeds once the dependency is back, so it is repeated for as long as that takes.
package protocol DependencyError: Error {
    /// Whether a dependency cannot serve now. False for anything that the work's own content may have caused.
    var isDependencyUnavailable: Bool { get }
}
