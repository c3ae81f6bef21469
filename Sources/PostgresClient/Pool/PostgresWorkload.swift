/// What a request does, which decides how much of the pool it may use, how long its statements may take, and what a lost
/// connection means for it.
package struct PostgresWorkload: Sendable, Hashable {
    /// Whether nothing can have changed, whatever happened.
    package let changesNothing: Bool
    let lane: PoolLane
    let limit: Limit

    /// Which of the configuration's limits each statement has.
    enum Limit: Sendable, Hashable {
        case statement
        case search
        case pattern
    }

    /// May change something. When the connection is lost on the way, its outcome is unknown.
    package static let write = PostgresWorkload(changesNothing: false, lane: .regular, limit: .statement)
    /// Changes nothing and is quick, such as reading one row by its key.
    package static let read = PostgresWorkload(changesNothing: true, lane: .regular, limit: .statement)
    /// Changes nothing, and how long it takes depends on the data: lists, counts and searches. Such requests together
    /// hold at most `PostgresConfiguration.maximumSearchConnections`, and each of their statements is canceled
    /// after `searchTimeout`.
    package static let search = PostgresWorkload(changesNothing: true, lane: .search, limit: .search)
    /// A search whose condition contains a regular expression, the cost of which a caller can drive up: as `search`,
    /// with `patternTimeout`.
    package static let patternSearch = PostgresWorkload(changesNothing: true, lane: .search, limit: .pattern)
    /// Changes however many rows a condition selects: shares the connections of searches and has the time of a write.
    package static let bulkWrite = PostgresWorkload(changesNothing: false, lane: .search, limit: .statement)
    /// A bulk write whose condition contains a regular expression: with `patternTimeout`.
    package static let patternWrite = PostgresWorkload(changesNothing: false, lane: .search, limit: .pattern)

    /// The limit of its statements; nil when the session's own limit is no longer.
    func statementTimeout(_ configuration: PostgresConfiguration) -> Duration? {
        let timeout: Duration
        switch limit {
        case .statement: return nil
        case .search: timeout = configuration.searchTimeout
        case .pattern: timeout = configuration.patternTimeout
        }
        // Zero means that the session has no limit.
        if configuration.statementTimeout > .zero, configuration.statementTimeout <= timeout { return nil }
        return timeout
    }
}

/// The two kinds of callers of a pool: those whose requests are quick, and those whose requests may hold a connection for
/// seconds and therefore get a share of the connections only.
enum PoolLane: Sendable, Hashable {
    case regular
    case search
}
