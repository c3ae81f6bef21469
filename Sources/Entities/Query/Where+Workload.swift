package import PostgresClient

extension Where {
    /// The workload of counting the rows that it selects.
    package var workload: PostgresWorkload { patternFields.isEmpty ? .search : .patternSearch }

    /// The workload of changing the rows that it selects.
    package var bulkWorkload: PostgresWorkload { patternFields.isEmpty ? .bulkWrite : .patternWrite }
}

extension Filter {
    /// The workload of reading the rows that it selects.
    package var workload: PostgresWorkload { hasPatterns ? .patternSearch : .search }

    /// The workload of reading one row with its relations: quick, because related rows are found by their keys, unless
    /// a client's conditions select among them.
    package var lookupWorkload: PostgresWorkload { includesConditions ? workload : .read }

    private var includesConditions: Bool {
        includes.contains { $0.scope.condition != .everything || $0.scope.includesConditions }
    }

    /// Whether a regular expression occurs in its condition or in that of an included relation.
    private var hasPatterns: Bool {
        !condition.patternFields.isEmpty || includes.contains { $0.scope.hasPatterns }
    }
}
