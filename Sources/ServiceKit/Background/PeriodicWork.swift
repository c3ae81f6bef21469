import ServiceLifecycle

/// Work that a service repeats.
package enum PeriodicWork {
    /// Repeats work, with a pause after each round, until graceful shutdown, which also ends a pause.
    /// - Parameters:
    ///   - pause: Time between two rounds.
    ///   - delay: Time before the first round.
    ///   - round: Does the work, and logs its own errors.
    package static func run(
        every pause: Duration, after delay: Duration = .zero, _ round: @escaping @Sendable () async -> Void
    ) async {
        await cancelWhenGracefulShutdown {
            if delay > .zero { try? await Task.sleep(for: delay) }
            while !Task.isCancelled {
                await round()
                try? await Task.sleep(for: pause)
            }
        }
    }
}
