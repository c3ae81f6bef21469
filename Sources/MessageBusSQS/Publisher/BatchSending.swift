package import AWS

/// Sends items in batches that are under way side by side: messages to SQS, entries to EventBridge.
package enum BatchSending {
    /// Most items that a request of either service takes.
    private static let maximumCount = 10

    /// - Parameters:
    ///   - sizes: The sizes of the items; none is larger than a batch.
    ///   - maximumSize: Most bytes of a batch.
    ///   - send: Sends the items at these places, and returns the result of each.
    /// - Returns: The result of each item, in order.
    /// - Throws: When a call failed; other batches may have been sent.
    package static func send(
        sizes: [Int], maximumSize: Int,
        _ send: @escaping @Sendable (_ places: [Int]) async throws(AWSError) -> [PublishedBatch.Attempt]
    ) async throws(AWSError) -> [PublishedBatch.Attempt] {
        let batches = BatchPacking.pack(sizes, maximumCount: maximumCount, maximumSize: maximumSize)
        let results = await withTaskGroup(
            of: (places: [Int], result: Result<[PublishedBatch.Attempt], AWSError>).self
        ) { group in
            for batch in batches {
                group.addTask {
                    do throws(AWSError) {
                        return (batch, .success(try await send(batch)))
                    } catch {
                        return (batch, .failure(error))
                    }
                }
            }
            var results: [(places: [Int], result: Result<[PublishedBatch.Attempt], AWSError>)] = []
            for await result in group { results.append(result) }
            return results
        }
        var attempts = sizes.map { _ in PublishedBatch.Attempt.unavailable(reason: "not sent") }
        for (places, result) in results {
            for (place, attempt) in zip(places, try result.get()) { attempts[place] = attempt }
        }
        return attempts
    }
}
