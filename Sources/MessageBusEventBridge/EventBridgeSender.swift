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
        let batches = BatchPacking.pack(entries.map(\.size), maximumCount: 10, maximumSize: maximumBytes)
        let results = await withTaskGroup(of: (places: [Int], result: Result<[Attempt], AWSError>).self) { group in
            for batch in batches {
                group.addTask { (batch, await self.result(of: batch.map { entries[$0] })) }
            }
            var results: [(places: [Int], result: Result<[Attempt], AWSError>)] = []
            for await result in group { results.append(result) }
            return results
        }
        var attempts = entries.map { _ in Attempt.unavailable(reason: "not sent") }
        for (places, result) in results {
            for (place, attempt) in zip(places, try result.get()) { attempts[place] = attempt }
        }
        return attempts
    }

    private func result(of batch: [EventBridgeEntry]) async -> Result<[Attempt], AWSError> {
        do throws(AWSError) { return .success(try await send(batch: batch)) } catch { return .failure(error) }
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
