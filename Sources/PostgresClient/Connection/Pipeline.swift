/// The replies that a pipeline must receive, in order, and the meaning of each: the pure half of a connection.
///
/// libpq delivers, for each command, results followed by one NULL; for the synchronization point one result without a
/// NULL; and after an error "aborted" for all commands up to the synchronization point (libpq manual, "Pipeline Mode").
struct Pipeline {
    /// A command that was sent.
    enum Step: Equatable {
        /// The preparation of the statement of this number, for the batch's statement `index` (`nil`: settings).
        case prepare(number: UInt64, index: Int?)
        /// A command whose result is not needed: BEGIN, settings.
        case control
        /// The statement of this index in the batch.
        case statement(index: Int)
        /// DEALLOCATE of a prepared statement.
        case deallocate(number: UInt64)
    }

    /// What PQgetResult gave.
    enum Reply: Equatable {
        case rows
        case command
        case error
        case aborted
        case sync
        case end
        case unexpected
    }

    /// What is to be done with the reply.
    enum Action: Equatable {
        /// Nothing.
        case discard
        /// Keep as the result of a statement.
        case keep(index: Int)
        /// The pipeline has failed; `index` is the statement concerned, `nil`: BEGIN or settings.
        case fail(index: Int?)
        /// All replies are in.
        case finished
        /// The replies are not a valid sequence; the connection must not be used again.
        case violation
    }

    private(set) var steps: [Step] = []
    private var position = 0
    private var hasReply = false
    private(set) var isFinished = false

    /// Whether every command has been answered, so that only the commit is left.
    var isAtCommit: Bool { position == steps.count }

    /// Whether an error was received.
    private(set) var hasFailed = false
    /// The steps that failed or were skipped.
    private(set) var undone: [Step] = []

    /// - Parameter capacity: How many steps to expect.
    init(capacity: Int = 0) {
        steps.reserveCapacity(capacity)
    }

    mutating func append(_ step: Step) {
        steps.append(step)
    }

    /// Takes one reply.
    mutating func receive(_ reply: Reply) -> Action {
        if isFinished { return .violation }
        if reply == .sync {
            guard position == steps.count else { return .violation }
            isFinished = true
            return .finished
        }
        if reply == .end {
            // A NULL without a result before it would repeat indefinitely.
            guard hasReply else { return .violation }
            hasReply = false
            position = min(position + 1, steps.count)
            return .discard
        }
        guard !hasReply else { return .violation }
        hasReply = true
        if position < steps.count { return action(for: steps[position], reply) }
        // All went well up to the commit, which the synchronization point makes: a deferred constraint, for instance.
        guard reply == .error else { return .violation }
        hasFailed = true
        return .fail(index: nil)
    }

    private mutating func action(for step: Step, _ reply: Reply) -> Action {
        switch (step, reply) {
        case (_, .unexpected), (_, .sync), (_, .end):
            return .violation
        case (.prepare, .command), (.control, .rows), (.control, .command), (.deallocate, .command),
            (.deallocate, .rows), (.prepare, .rows):
            return .discard
        case (.statement(let index), .rows), (.statement(let index), .command):
            return .keep(index: index)
        case (_, .aborted):
            undone.append(step)
            return .discard
        case (_, .error):
            hasFailed = true
            undone.append(step)
            return .fail(index: step.statementIndex)
        }
    }
}

extension Pipeline.Step {
    /// The index of the statement in its batch that the step serves.
    var statementIndex: Int? {
        switch self {
        case .prepare(_, let index): index
        case .statement(let index): index
        case .control, .deallocate: nil
        }
    }
}
