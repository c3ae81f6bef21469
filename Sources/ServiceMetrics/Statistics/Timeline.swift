/// The figures of the last hour, minute by minute.
struct Timeline: Sendable {
    /// A minute.
    struct Bucket: Sendable {
        var baseline = Baseline()
        var system = SystemSample()
    }

    /// How many minutes are kept.
    static let length = 60
    static let bucketMilliseconds = 60_000

    private(set) var buckets: [Int: Bucket] = [:]

    /// The bucket of an instant, from which those before the last hour are removed.
    mutating func update(millisecond: Int, _ change: (inout Bucket) -> Void) {
        let minute = millisecond / Self.bucketMilliseconds
        if buckets[minute] == nil, buckets.count >= Self.length {
            buckets = buckets.filter { $0.key > minute - Self.length }
        }
        // A clock that was set back must not bring back what was removed, and not grow the list.
        guard buckets[minute] != nil || buckets.count < Self.length else { return }
        change(&buckets[minute, default: Bucket()])
    }

    /// Every minute of the last hour, also those without requests.
    func shown(millisecond: Int) -> [(minute: Int, bucket: Bucket)] {
        let current = millisecond / Self.bucketMilliseconds
        return (current - Self.length + 1...current).map { (minute: $0, bucket: buckets[$0] ?? Bucket()) }
    }
}

/// The state of the process at one moment.
struct SystemSample: Sendable, Hashable {
    /// Resident bytes.
    var residentBytes = 0
    /// Percent of one processor.
    var cpu = 0.0
    /// Milliseconds that work waited until it ran.
    var lag = 0.0
    var maximumLag = 0.0
}
