/// A handler's hold on its work, for effects that cannot be taken back, such as a mail.
package struct Lease: Sendable {
    private let body: @Sendable () -> Bool

    init(commit body: @escaping @Sendable () -> Bool) { self.body = body }

    /// Must be called right before such an effect begins, and may be called anywhere, also on an event loop.
    ///
    /// Afterwards the handler is no longer canceled because the lease may have ended: the effect would not be undone, but
    /// its outcome would be lost. At a shutdown it has the time that outcomes have to be recorded.
    /// - Returns: False when the lease may have ended, so that somebody else may be at work: the effect must not begin.
    ///   The handler throws, and the work is released without counting an attempt.
    package func commit() -> Bool { body() }
}
