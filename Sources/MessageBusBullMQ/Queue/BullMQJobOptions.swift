import JSONCoding
import Primitives

/// The options of a job. Defaults are those of BullMQ.
package struct BullMQJobOptions: Sendable, Hashable {
    /// The highest number of a priority; 1 is the most urgent one.
    package static let maximumPriority = (1 << 21) - 1
    /// The longest delay; see ``BullMQBackOff``.
    static let maximumDelay = Duration.milliseconds(Int64(BullMQBackOff.maximumMilliseconds))

    /// An id of the caller's; a second job with the same id is not added. Nil: the next number.
    package var id: String?
    /// How long the job waits before its first attempt.
    package var delay = Duration.zero
    /// 0 for none, which comes before all others; else 1 to ``maximumPriority``, the lowest number first.
    package var priority = 0
    /// Most attempts; 0 counts as 1.
    package var attempts = 0
    package var backOff: BullMQBackOff?
    /// Whether it comes before the jobs that wait already.
    package var isLastInFirstOut = false
    package var removeOnComplete = BullMQRetention.all
    package var removeOnFail = BullMQRetention.all
    package var deduplication: BullMQDeduplication?
    /// Most stack traces that are kept; nil: all.
    package var stackTraceLimit: Int?

    package init() {}

    /// Makes options that differ from the defaults.
    package init(_ change: (inout BullMQJobOptions) -> Void) {
        change(&self)
    }

    /// Throws when BullMQ would not take these options.
    func check() throws(BullMQError) {
        if let id, !Self.isValid(id: id) { throw .invalid(member: "id") }
        guard (0...Self.maximumPriority).contains(priority) else { throw .invalid(member: "priority") }
        guard delay >= .zero, delay <= Self.maximumDelay else { throw .invalid(member: "delay") }
        guard attempts >= 0 else { throw .invalid(member: "attempts") }
        if let stackTraceLimit, stackTraceLimit < 0 { throw .invalid(member: "stackTraceLimit") }
        guard let deduplication else { return }
        guard (1...500).contains(deduplication.id.utf8.count) else { throw .invalid(member: "deduplication.id") }
        if let life = deduplication.life, life <= .zero || life > Self.maximumDelay {
            throw .invalid(member: "deduplication.ttl")
        }
    }

    /// Numbers are the counter's, `:` separates the parts of keys, and names that queues use for other keys would be taken
    /// for those.
    private static func isValid(id: String) -> Bool {
        guard (1...500).contains(id.utf8.count), !id.utf8.contains(UInt8(ascii: ":")) else { return false }
        let isNumber = id.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return !isNumber && !reservedIDs.contains(id)
    }

    private static let reservedIDs: Set<String> = [
        "id", "meta", "wait", "paused", "active", "prioritized", "pc", "delayed", "waiting-children", "completed",
        "failed", "marker", "events", "stalled", "stalled-check", "limiter", "repeat", "priority",
    ]
}

extension BullMQJobOptions {
    /// Reads stored options. What is absent or wrong has its default: a job of others must not stop a worker.
    init(stored value: JSONValue) {
        id = value["jobId"]?.stringValue
        delay = min(.milliseconds(max(value["delay"]?.intValue ?? 0, 0)), Self.maximumDelay)
        priority = min(max(value["priority"]?.intValue ?? 0, 0), Self.maximumPriority)
        attempts = max(value["attempts"]?.intValue ?? 0, 0)
        backOff = BullMQBackOff(value["backoff"])
        isLastInFirstOut = value["lifo"]?.boolValue ?? false
        removeOnComplete = BullMQRetention(value["removeOnComplete"])
        removeOnFail = BullMQRetention(value["removeOnFail"])
        stackTraceLimit = value["stackTraceLimit"]?.intValue.map { max($0, 0) }
    }

    /// The options as they are stored, with their short names.
    var json: JSONValue {
        var object = JSONObject()
        if let id { object["jobId"] = .string(id) }
        if delay > .zero { object["delay"] = .integer(delay.millisecondsRoundedUp) }
        if priority > 0 { object["priority"] = .integer(priority) }
        object["attempts"] = .integer(attempts)
        if let backOff { object["backoff"] = backOff.json }
        if isLastInFirstOut { object["lifo"] = true }
        if let kept = removeOnComplete.json { object["removeOnComplete"] = kept }
        if let kept = removeOnFail.json { object["removeOnFail"] = kept }
        if let deduplication { object["de"] = deduplication.json }
        if let stackTraceLimit { object["stackTraceLimit"] = .integer(stackTraceLimit) }
        return .object(object)
    }
}
