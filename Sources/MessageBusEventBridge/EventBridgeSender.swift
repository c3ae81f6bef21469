import AWS
import JSONCoding
import MessageBusSQS
import WorkQueue

/// Puts entries on the event bus. Entries that fail are tried again one by one.
struct EventBridgeSender: Sendable {
    typealias Attempt = PublishedBatch.Attempt

    let client: AWSClient
    let maximumBytes: Int

    /// Codes that say something about an entry. All others are about the event bus, the permissions or the service.
    private static let ofContent: Set<String> = [
        "MalformedDetail", "InvalidArgument", "ValidationException", "RequestEntityTooLarge",
    ]

    /// How often an entry is sent again after a failure of the service.
    private static let repetitions = 3

    /// - Returns: The result of each entry, in the same order.
    /// - Throws: When a call failed: entries may be on the bus.
    func send(_ entries: [EventBridgeEntry]) async throws(AWSError) -> [Attempt] {
        try await BatchSending.send(sizes: entries.map(\.size), maximumSize: maximumBytes) {
            (places) async throws(AWSError) -> [Attempt] in
            try await self.send(batch: places.map { entries[$0] })
        }
    }

    private func send(batch: [EventBridgeEntry]) async throws(AWSError) -> [Attempt] {
        let codes: [String?]
        do throws(AWSError) {
            codes = try await put(batch)
        } catch {
            // The whole request is refused for one of its entries.
            let code = error.status == 413 ? "RequestEntityTooLarge" : error.code ?? ""
            guard error.kind == .refused, Self.ofContent.contains(code) else { throw error }
            guard batch.count > 1 else { return [.rejected(reason: "EventBridge: \(code)")] }
            var attempts: [Attempt] = []
            for entry in batch { attempts += try await send(batch: [entry]) }
            return attempts
        }
        var attempts: [Attempt] = []
        for (entry, code) in zip(batch, codes) { attempts.append(try await attempt(entry, code)) }
        return attempts
    }

    private func attempt(_ entry: EventBridgeEntry, _ firstCode: String?) async throws(AWSError) -> Attempt {
        guard var code = firstCode else { return .published }
        for attempt in 1...Self.repetitions {
            if Self.ofContent.contains(code) { return .rejected(reason: "EventBridge: \(code)") }
            try? await Task.sleep(for: BackOff.probing.delay(afterFailures: attempt), clock: .continuous)
            guard let next = try await put([entry]).first ?? "NoAnswer" else { return .published }
            code = next
        }
        return .unavailable(reason: "events: \(code)")
    }

    /// - Returns: For each entry its error code, or nil for one that is on the bus.
    private func put(_ entries: [EventBridgeEntry]) async throws(AWSError) -> [String?] {
        let answer = try await client.call("PutEvents", ["Entries": .array(entries.map(\.json))])
        let results = answer["Entries"]?.arrayValue ?? []
        return entries.indices.map { index in
            guard results.indices.contains(index) else { return "NoAnswer" }
            if let code = results[index]["ErrorCode"]?.stringValue { return AWSError.code(cleaning: code) }
            return results[index]["EventId"]?.stringValue == nil ? "NoAnswer" : nil
        }
    }
}
