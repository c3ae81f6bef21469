import JSONCoding

@testable import MessageBus
@testable import MessageBusBullMQ

extension FuzzTarget {
    private static let tokens = [
        "\"id\":", "\"type\":", "\"version\":1", "\"tenantId\":", "\"occurredAt\":", "\"traceparent\":",
        "\"replayOf\":", "\"groups\":[",
        "\"data\":{", "2026-01-05T10:00:00.000Z", "019b8d2c-7f00-7a51-9c3e-5d2f1a6b4c80", "1e3", "1.0",
    ]

    /// An event that is read can be written and is the same when it is read again.
    static let eventEnvelope = FuzzTarget("event-envelope", tokens: tokens) { bytes in
        let event: EventEnvelope
        do {
            event = try EventEnvelope(parsing: bytes)
        } catch {
            return "\(error)"
        }
        var writer = JSONWriter(reservingCapacity: 1024)
        event.write(to: &writer)
        let again = try EventEnvelope(parsing: writer.bytes)
        try FuzzViolation.unless(again == event, "written and read again it is different")
        return "event \(event.replay != nil) \(event.trace != nil) \(event.tenantID != nil)"
    }

    /// The detail of an event of EventBridge: what is read from it makes the same detail.
    static let eventBridgeDetail = FuzzTarget(
        "event-bridge-detail", tokens: tokens + ["\"arcEvent\":{", "\"hasAddedType\":true"]
    ) { bytes in
        guard let detail = (try? JSONValue.parse(bytes))?.objectValue else { return "no object" }
        do {
            guard let event = try EventBridgeDetail.event(type: "TENANT_CREATED", detail) else { return "foreign" }
            let made = try EventBridgeDetail.detail(of: event)
            let again = try EventBridgeDetail.event(type: "TENANT_CREATED", made)
            try FuzzViolation.unless(again == event, "written and read again it is different")
            return "event"
        } catch let error as EventEnvelopeError {
            return "\(error)"
        }
    }

    /// The fields of a job, a line each: a job of others must not stop a worker, and what it keeps is bounded.
    static let bullMQJob = FuzzTarget(
        "bullmq-job",
        tokens: [
            "data={}\n", "opts={\"attempts\":3}\n", "opts={\"stackTraceLimit\":",
            "opts={\"backoff\":{\"type\":\"exponential\",\"delay\":", "opts={\"removeOnComplete\":{\"age\":",
            "timestamp=", "atm=", "stc=", "stacktrace=[\"a\"]\n", "1e18", "-1",
        ]
    ) { bytes in
        var fields: [String: [UInt8]] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let parts = line.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            fields[String(decoding: parts[0], as: UTF8.self)] = parts.count > 1 ? Array(parts[1]) : []
        }
        let job: BullMQJob
        do {
            job = try BullMQJob(id: "1", fields: fields)
        } catch {
            return "\(error)"
        }
        let kept = try JSONValue.parse(job.stackTrace(adding: "trace")).arrayValue?.count ?? 0
        try FuzzViolation.unless(kept <= 100, "\(kept) stack traces")
        let stored = BullMQJobOptions(stored: job.options.json)
        try FuzzViolation.unless(stored == BullMQJobOptions(stored: stored.json), "the options are not stable")
        for attempts in [0, 5, 64, 10_000] {
            let wait = job.options.backOff?.wait(afterAttempts: attempts) ?? .zero
            try FuzzViolation.unless(wait >= .zero && wait <= BullMQJobOptions.maximumDelay, "the wait \(wait)")
        }
        let event = try? BullMQIntake.event(of: job, queue: BullMQName(queue: "default-queue"))
        return "job \(job.options.backOff != nil) \(event != nil)"
    }
}
