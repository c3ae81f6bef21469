/// How one component is asked to end: signals, politest first, each with its share of the time. SIGKILL follows.
package struct ShutdownPlan: Sendable, Hashable {
    /// One signal and how long the component may take before the next one.
    package struct Step: Sendable, Hashable {
        /// The signal.
        package let signal: ProcessSignal
        /// The time it gets.
        package let share: Duration
    }

    /// The steps before SIGKILL.
    package let steps: [Step]

    /// The longest time until SIGKILL.
    package var total: Duration { steps.reduce(.zero) { $0 + $1.share } }

    /// The plan with a longer first step: with time that others did not use.
    package func extended(by slack: Duration) -> ShutdownPlan {
        guard let first = steps.first, slack > .zero else { return self }
        return ShutdownPlan(steps: [Step(signal: first.signal, share: first.share + slack)] + steps.dropFirst())
    }

    /// How long stopping everything may take, with a margin below the promised 10 s.
    package static let budget = Duration.milliseconds(9500)

    /// A service: drains its requests.
    package static let service = ShutdownPlan(steps: [Step(signal: .terminate, share: .milliseconds(1800))])
    /// Redis: writes its append-only file out.
    package static let redis = ShutdownPlan(steps: [Step(signal: .terminate, share: .milliseconds(1000))])
    /// PostgreSQL: a fast shutdown with a checkpoint, else an immediate one, which the next start recovers from.
    package static let postgres = ShutdownPlan(steps: [
        Step(signal: .interrupt, share: .milliseconds(2000)), Step(signal: .quit, share: .milliseconds(1000)),
    ])

    /// What an earlier `arc up` left behind: nobody waits for this one, so a slow checkpoint may finish.
    package static func leftover(isPostgres: Bool) -> ShutdownPlan {
        isPostgres
            ? ShutdownPlan(steps: [
                Step(signal: .interrupt, share: .seconds(15)), Step(signal: .quit, share: .seconds(6)),
            ]) : ShutdownPlan(steps: [Step(signal: .terminate, share: .seconds(5))])
    }
}
