/// Settings of a service's database for a machine on which much else runs.
package enum PatientDatabase {
    /// No statement, lock, connection or transaction ends because the machine is busy.
    /// - Parameter prefix: Of the variables.
    package static func settings(_ prefix: String = "DB") -> [String: String] {
        [
            "\(prefix)_CONNECTION_TIMEOUT_MILLIS": "40000", "\(prefix)_STATEMENT_TIMEOUT_MILLIS": "40000",
            "\(prefix)_LOCK_TIMEOUT_MILLIS": "40000", "\(prefix)_SEARCH_TIMEOUT_MILLIS": "40000",
            "\(prefix)_PATTERN_TIMEOUT_MILLIS": "40000", "\(prefix)_IDLE_IN_TRANSACTION_TIMEOUT_MILLIS": "300000",
        ]
    }
}
