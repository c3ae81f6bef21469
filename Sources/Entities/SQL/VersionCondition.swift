import PostgresClient

/// Which versions of a row a change may be made to: what `If-Match` and `If-None-Match` demand (RFC 9110 section 13.1).
package struct VersionCondition: Sendable, Hashable {
    /// Only these; nil: every version.
    private let allowed: Set<Int64>?
    /// None of these.
    private let excluded: Set<Int64>

    /// Only the given versions (every version for nil), and none of the excluded ones.
    package init(allowed: Set<Int64>?, excluded: Set<Int64> = []) {
        self.allowed = allowed
        self.excluded = excluded
    }

    /// This version and no other.
    package static func exactly(_ version: Int64) -> VersionCondition { VersionCondition(allowed: [version]) }

    /// Whether a row of the version may be changed.
    package func allows(_ version: Int64) -> Bool {
        allowed?.contains(version) ?? true && !excluded.contains(version)
    }

    /// Finds out before anything is done for a change that it will not be made.
    /// - Throws: `.versionMismatch` when a row of the version may not be changed.
    package func require(_ version: Int64) throws(RepositoryError) {
        guard allows(version) else { throw .versionMismatch(current: version) }
    }

    /// The same as conditions of SQL on a column.
    func sql(_ column: String, bind: (PostgresValue) -> String) -> [String] {
        var conditions: [String] = []
        if let allowed, allowed.count == 1, let version = allowed.first {
            conditions.append("\(column) = \(bind(.int64(version)))")
        } else if let allowed {
            conditions.append("\(column) = ANY(\(bind(.int64Array(allowed.sorted()))))")
        }
        if !excluded.isEmpty { conditions.append("\(column) <> ALL(\(bind(.int64Array(excluded.sorted()))))") }
        return conditions
    }
}

extension VersionCondition: ExpressibleByIntegerLiteral {
    /// This version and no other.
    package init(integerLiteral version: Int64) { self = .exactly(version) }
}
