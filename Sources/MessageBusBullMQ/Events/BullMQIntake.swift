import Crypto
import JSONCoding
import Logging
import MessageBus
import Primitives
import ServiceLifecycle
import WorkQueue

/// Takes the jobs that other programs put into the base queue, and delivers them to the groups as events.
struct BullMQIntake: Sendable {
    let bus: BullMQConnector

    /// The service that does so.
    var service: any Service {
        LeasedWorker(
            store: BullMQJobStore(
                queue: bus.base, settings: BullMQWorkerSettings(maximumStalls: .max >> 11), logger: bus.logger),
            configuration: BullMQJobStore.configuration(concurrency: 4), logger: bus.logger
        ) { item in
            let event = try Self.event(of: item.job, queue: bus.base.name)
            let outcomes = try await bus.publish([event], intoBaseQueue: [])
            guard outcomes == [.published] else { return .released(after: .seconds(1)) }
            return .done(nil)
        }
    }

    /// The event that a job is: an envelope as this program writes it, or as the original's producers do, `{type, …}` with the
    /// content in `data` or beside the type. The job of an event keeps its identity however often it is delivered.
    static func event(of job: BullMQJob, queue: BullMQName) throws(EventRejection) -> EventEnvelope {
        if let event = try? EventEnvelope(parsing: job.data) { return event }
        guard let members = (try? job.value())?.objectValue else {
            throw EventRejection(reason: "the job's data is not a JSON object")
        }
        guard let type = members["type"]?.stringValue else {
            throw EventRejection(reason: "the job's data has no type")
        }
        var content = members
        content["type"] = nil
        if let inner = members["data"]?.objectValue { content = inner }
        let tenant =
            content["tenantId"]?.stringValue ?? content["tenant"]?["id"]?.stringValue
            ?? members["tenantId"]?.stringValue
        do {
            return try EventEnvelope(
                id: identity(of: job, queue: queue), type: type, tenantID: tenant.flatMap { Identifier($0) },
                occurredAt: job.timestamp, data: JSONValue.object(content).serialized())
        } catch {
            throw EventRejection(reason: error.description)
        }
    }

    /// A UUID of version 8 made of what identifies the job. Numbers begin again when Redis is wiped, hence the time.
    private static func identity(of job: BullMQJob, queue: BullMQName) -> Identifier {
        let digest = SHA256.hash(
            data: Array("\(queue.key(job.id)) \(job.timestamp.milliseconds)".utf8))
        var words: [UInt64] = [0, 0]
        for (index, byte) in digest.prefix(16).enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
        return Identifier(
            high: words[0] & ~0xF000 | 0x8000, low: words[1] & ((1 << 62) - 1) | (1 << 63))
    }
}
