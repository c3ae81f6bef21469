package import PostgresClient

extension Where {
    /// What counting the rows that it selects is for the pool.
    package var workload: PostgresWorkload { patternFields.isEmpty ? .search : .patternSearch }

    /// What changing the rows that it selects is for the pool.
    package var bulkWorkload: PostgresWorkload { patternFields.isEmpty ? .bulkWrite : .patternWrite }
}

extension Filter {
    /// What reading the rows that it selects is for the pool.
    package var workload: PostgresWorkload { hasPatterns ? .patternSearch : .search }

    /// What reading one row with what it includes is for the pool: quick, since related rows are found by their keys, unless
    /// a client's conditions choose among them.
    package var lookupWorkload: PostgresWorkload { includesConditions ? workload : .read }

    private var includesConditions: Bool {
        includes.contains { $0.scope.condition != .everything || $0.scope.includesConditions }
    }

    /// Whether a regular expression occurs in its condition or in that of an included relation.
    private var hasPatterns: Bool {
        !condition.patternFields.isEmpty || includes.contains { $0.scope.hasPatterns }
    }
}
