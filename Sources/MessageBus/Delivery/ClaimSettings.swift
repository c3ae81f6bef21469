import PostgresClient

/// Settings under which claims are taken and settled.
enum ClaimSettings {
    /// Not waited for until it is on disk: when PostgreSQL crashes in that moment, an event is claimed or settled once
    /// more, which at-least-once allows and every consumer tolerates. What is published is waited for.
    static let settling = [PostgresSetting("synchronous_commit", "off")]

    /// For finding rows of a queue: no reading of the whole table, no sorting, no building of hash tables.
    ///
    /// A queue's statistics are never right: it was empty when they were taken, and holds ten thousand rows now. Misled
    /// by them PostgreSQL looked for earlier events of a tenant by reading the whole queue, for each row of it (seen: a
    /// claim of eight out of 11,000 that took more than a minute). So it is left no choice: lanes and their first
    /// events are looked up one by one in the only index that `state < 1` allows. Tests hold the plans to it.
    static let claiming =
        settling
        + ["enable_seqscan", "enable_sort", "enable_hashjoin", "enable_mergejoin"].map { PostgresSetting($0, "off") }
}
