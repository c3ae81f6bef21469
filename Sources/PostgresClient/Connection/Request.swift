/// Where a request makes its effects durable: beyond this point a missing response leaves the outcome unknown.
enum CommitPoint: Sendable {
    /// Nowhere: it changes nothing, or is part of a transaction, which is rolled back when its connection is lost.
    case none
    /// At its end, after all statements.
    case end
    /// In its only statement, a COMMIT.
    case statement
}

/// One pipeline with one synchronization point: what a connection is asked to do.
struct Request: Sendable {
    /// BEGIN with its options, to start an interactive transaction.
    var begin: PostgresStatement?
    /// Settings for the length of the transaction.
    var settings: [PostgresSetting]
    /// The statements, whose results are wanted.
    var items: [BoundStatement]
    /// What it does, which decides on its share of the pool.
    let workload: PostgresWorkload
    /// Where it commits.
    let commitPoint: CommitPoint
    /// The statement timeout in force if it is not the configured one, in nanoseconds; 0: none.
    var statementTimeout: Int64?

    /// - Parameter inherited: Settings of the transaction that this is a part of.
    init(
        begin: PostgresStatement? = nil, settings: [PostgresSetting] = [], items: [BoundStatement],
        inherited: [PostgresSetting] = [], workload: PostgresWorkload = .write, commitPoint: CommitPoint = .none
    ) {
        self.begin = begin
        self.settings = settings
        self.items = items
        self.workload = workload
        self.commitPoint = commitPoint
        let timeout =
            settings.last { $0.name == "statement_timeout" } ?? inherited.last { $0.name == "statement_timeout" }
        // What is not plain milliseconds is left to the server alone.
        self.statementTimeout = timeout.map { (Int64($0.value) ?? 0) * 1_000_000 }
    }

    /// Checks what could fail while sending, because a pipeline cannot be taken back halfway.
    func validate() throws(PostgresError) {
        for (index, item) in items.enumerated() {
            do throws(PostgresError) {
                guard item.statement.isWellFormed else {
                    throw PostgresError(.encoding, "the SQL text holds a zero byte")
                }
                try ParameterEncoder.validate(item.values)
            } catch {
                var error = error
                error.statementIndex = index
                throw error
            }
        }
    }

    /// `SELECT set_config($1,$2,true), …` for that many settings, and its parameters.
    static func settingsItem(_ settings: [PostgresSetting]) -> BoundStatement {
        var values: [PostgresValue] = []
        values.reserveCapacity(2 * settings.count)
        for setting in settings {
            values.append(.text(setting.name))
            values.append(.text(setting.value))
        }
        let statement =
            settings.count <= commonSettings.count
            ? commonSettings[settings.count - 1] : settingsStatement(settings.count)
        return BoundStatement(statement, values)
    }

    private static let commonSettings = (1...8).map(settingsStatement)

    private static func settingsStatement(_ count: Int) -> PostgresStatement {
        let calls = (0..<count).map { "set_config($\(2 * $0 + 1),$\(2 * $0 + 2),true)" }
        return PostgresStatement("SELECT \(calls.joined(separator: ","))")
    }
}

/// What became of a request.
enum Outcome: Sendable {
    case success([PostgresResult])
    case failure(PostgresError)
}
