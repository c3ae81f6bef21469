import PostgresClient

/// Settings under which claims are taken and settled.
enum ClaimSettings {
    /// Not waited for until it is on disk: when PostgreSQL crashes in that moment, an event is claimed or settled once
    /// more, which at-least-once allows and every consumer bears. What is published is waited for.
    static let settling = [PostgresSetting("synchronous_commit", "off")]

    /// For taking claims: no reading of the whole table, no sorting.
    ///
    /// A queue's statistics are never right: it was empty when they were taken, and holds ten thousand rows now. Misled
    /// by them PostgreSQL looked for earlier events of a tenant by reading the whole queue, for each row of it (seen: a
    /// claim of eight out of 11,000 that took more than a minute). So it is left no choice: the queue is read in order
    /// of its position from one index (`WHERE state = 0`), and earlier events are looked up in the other, the only one
    /// that `state < 1` allows; `OFFSET 0` keeps the lookup a lookup. Tests hold the plans to it.
    static let claiming =
        settling + [PostgresSetting("enable_seqscan", "off"), PostgresSetting("enable_sort", "off")]
}
