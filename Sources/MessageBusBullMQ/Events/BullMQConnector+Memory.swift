package import MessageBus
package import Primitives
import RedisClient
import Synchronization

/// What makes a bus in Redis safe although Redis may lose data.
///
/// Redis keeps a random generation, which is gone when all is gone, and for each outbox the instant until which everything
/// that was published had reached this very data. Publishing needs the generation that the publisher knows, so nothing gets
/// ahead of what has to be published again.
extension BullMQConnector: BusMemory {
    /// See ``BusMemory``.
    package func check(_ outbox: String, at now: Timestamp) async throws(MessageBusError) -> BusRecollection {
        let runID = try await runID()
        let candidate = Identifier.v4().description
        let reply = try await onBus { () async throws(BullMQError) in
            try await base.run(
                BullMQScripts.remember,
                [
                    .text(outbox), .text(runID), .integer(now.microseconds), .text(candidate),
                    .integer(settings.republishLimit.millisecondsRoundedUp), .text(identity),
                ])
        }
        guard let parts = reply.array, parts.count == 3, let kind = parts[0].text, let generation = parts[1].text else {
            throw .unavailable(reason: BullMQError.unexpectedReply.description)
        }
        let present = BullMQDataVersion(generation: generation, runID: runID)
        switch kind {
        case "kept": return keep(present, at: now)
        case "since":
            let instant = parts[2].text.flatMap { Int64($0) }.map { Timestamp(microseconds: $0) }
            return .lost(since: instant ?? now.adding(.zero - settings.republishedTime), token: present.token)
        case "all": return .lost(since: now.adding(.zero - settings.republishedTime), token: present.token)
        default: return .awaitsOther
        }
    }

    /// Another relay of the outbox has seen to what was lost, but not to what this one was about to record as published.
    private func keep(_ present: BullMQDataVersion, at now: Timestamp) -> BusRecollection {
        let isNew = known.withLock { known in
            guard let last = known else {
                known = present
                return false
            }
            return last != present
        }
        return isNew ? .lost(since: now.adding(.seconds(-120)), token: present.token) : .kept
    }

    /// See ``BusMemory``.
    package func recovered(
        _ outbox: String, at now: Timestamp, token: String
    ) async throws(MessageBusError) -> Bool {
        guard let version = BullMQDataVersion(token: token) else { return false }
        let reply = try await onBus { () async throws(BullMQError) in
            try await base.run(
                BullMQScripts.remembered,
                [
                    .text(outbox), .text(version.runID), .integer(now.microseconds), .text(version.generation),
                ])
        }
        guard reply.integer == 1 else { return false }
        known.withLock { $0 = version }
        return true
    }

    /// Identifies this start of the server.
    private func runID() async throws(MessageBusError) -> String {
        let reply = try await onBus { () async throws(BullMQError) in try await base.send(["INFO", "server"]) }
        let line = reply.text?.split(whereSeparator: \.isNewline).first { $0.hasPrefix("run_id:") }
        guard let id = line?.dropFirst(7), !id.isEmpty, !id.contains(" ") else {
            throw .unavailable(reason: "Redis does not report its run id")
        }
        return String(id)
    }
}

/// What identifies the data of Redis: its generation, and the start of the server, which may have lost the latest writes.
struct BullMQDataVersion: Sendable, Hashable {
    let generation: String
    let runID: String

    init(generation: String, runID: String) {
        self.generation = generation
        self.runID = runID
    }

    /// Reads a ``token``.
    init?(token: String) {
        let parts = token.split(separator: " ").map(String.init)
        guard parts.count == 2 else { return nil }
        self.init(generation: parts[0], runID: parts[1])
    }

    /// The version as one text.
    var token: String { "\(generation) \(runID)" }
}
