package import JSONCoding
package import Primitives
import RedisClient

/// A job as it is stored.
package struct BullMQJob: Sendable {
    package let id: String
    package let name: String
    /// The job's data: JSON that parses, as it was stored.
    package let data: [UInt8]
    package let options: BullMQJobOptions
    /// When it was added.
    package let timestamp: Timestamp
    /// Attempts that have ended.
    package let attemptsMade: Int
    /// Attempts that have begun, those of processes that died included.
    package let attemptsStarted: Int
    /// How often a worker died with it.
    package let stalledCount: Int
    /// Why it must fail without being worked on.
    package let deferredFailure: String?
    package let failedReason: String?
    package let stackTrace: [String]
    package let returnValue: [UInt8]?
    package let finishedOn: Timestamp?
    /// The scheduler that made it.
    package let scheduler: String?

    /// Why this program cannot work on it, although it is valid: the worker of a scheduler's job has to make the next one.
    var unsupported: String? { scheduler == nil ? nil : "jobs of a scheduler need an official worker" }

    /// The data as a value.
    package func value() throws(JSONParseError) -> JSONValue { try JSONValue.parse(stored: data) }

    /// Reads the fields of a job's hash.
    /// - Throws: `BullMQError.invalid` that names the field that is missing or invalid.
    init(id: String, fields: [String: [UInt8]]) throws(BullMQError) {
        func text(_ field: String) -> String? { fields[field].map { String(decoding: $0, as: UTF8.self) } }
        func integer(_ field: String) -> Int64? {
            guard let value = text(field).flatMap({ Double($0) }), value.isFinite, abs(value) < 9e15 else { return nil }
            return Int64(value)
        }
        guard let data = fields["data"], (try? JSONValue.parse(stored: data)) != nil else {
            throw .invalid(member: "data")
        }
        self.id = id
        self.data = data
        name = text("name") ?? ""
        options = BullMQJobOptions(stored: fields["opts"].flatMap { try? JSONValue.parse(stored: $0) } ?? .null)
        timestamp = Timestamp(milliseconds: integer("timestamp") ?? 0)
        attemptsMade = Int(integer("atm") ?? integer("attemptsMade") ?? 0)
        attemptsStarted = Int(integer("ats") ?? 0)
        stalledCount = Int(integer("stc") ?? integer("stalledCounter") ?? 0)
        deferredFailure = text("defa")
        failedReason = text("failedReason")
        let traces = fields["stacktrace"].flatMap { try? JSONValue.parse(stored: $0) }?.arrayValue ?? []
        stackTrace = traces.compactMap(\.stringValue)
        returnValue = fields["returnvalue"]
        finishedOn = integer("finishedOn").map { Timestamp(milliseconds: $0) }
        scheduler = text("rjk")
    }

    /// The stack traces of a job with one more, at most as many as the job keeps, as JSON.
    func stackTrace(adding trace: String) -> [UInt8] {
        var traces = stackTrace + [trace]
        let limit = min(options.stackTraceLimit ?? Self.maximumStackTraces, Self.maximumStackTraces)
        if traces.count > limit { traces.removeFirst(traces.count - limit) }
        return JSONValue.array(traces.map { .string($0) }).serialized()
    }

    /// A job that is tried without end must not grow without end.
    private static let maximumStackTraces = 100
}

extension RedisValue {
    /// The fields of a hash, as HGETALL replies within a script (a flat list) and outside (a map).
    var hashFields: [String: [UInt8]]? {
        var fields: [String: [UInt8]] = [:]
        if let map {
            for entry in map { fields[entry.key.text ?? ""] = entry.value.bytes }
            return fields
        }
        guard let array, array.count.isMultiple(of: 2) else { return nil }
        for index in stride(from: 0, to: array.count, by: 2) {
            guard let name = array[index].text else { return nil }
            fields[name] = array[index + 1].bytes
        }
        return fields
    }
}
