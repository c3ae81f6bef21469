/// How the receptions of a message by this process have ended. Pure state.
struct AttemptCount: Sendable, Hashable {
    private var failures = 0
    /// Receptions that were no attempts.
    private var returns = 0
    /// The reception that ended last; it is counted once however often its end is reported.
    private var receipt: String?

    mutating func failed(receipt: String) {
        guard self.receipt != receipt else { return }
        self.receipt = receipt
        failures += 1
    }

    mutating func returned(receipt: String) {
        guard self.receipt != receipt else { return }
        self.receipt = receipt
        returns += 1
    }

    /// The failed attempts before the present reception.
    ///
    /// What this process has seen itself is exact, but it ends with the process, and other processes fail with the message, too. SQS
    /// counts the receptions by all processes, and those among them that were no attempts are only known for this process.
    /// So receptions count only when they could be as many attempts as are allowed, and only after half of these have failed
    /// here. A message that always fails is given up although processes start again, and a message that fails a few times after
    /// a long outage is not.
    /// - Parameters:
    ///   - receptions: By all processes, the present one included.
    ///   - maximumAttempts: With the last of them, the message is given up.
    func failures(receptions: Int, maximumAttempts: Int) -> Int {
        let everywhere = receptions - 1 - returns
        guard everywhere + 1 >= maximumAttempts, 2 * failures >= maximumAttempts else { return failures }
        return max(failures, everywhere)
    }
}
