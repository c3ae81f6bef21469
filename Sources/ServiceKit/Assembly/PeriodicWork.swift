import ServiceLifecycle

/// Work that a service does again and again, at intervals.
package enum PeriodicWork {
    /// Does rounds of work, with a pause behind each, until the service is asked to end. That ends a pause at once.
    /// - Parameters:
    ///   - pause: Time between two rounds.
    ///   - delay: Time before the first round.
    ///   - round: Does the work; what goes wrong is its own to tell.
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
