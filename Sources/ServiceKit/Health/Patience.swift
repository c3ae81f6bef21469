/// Waiting for something that may never end.
package enum Patience {
    /// Runs a body and waits for its result, at most for a time. What has not ended by then is canceled and goes on alone: nobody
    /// waits for code that ignores cancellation.
    /// - Returns: Nil when the time is over.
    package static func run<Value: Sendable>(
        atMost limit: Duration, _ body: @escaping @Sendable () async -> Value
    ) async -> Value? {
        let (results, continuation) = AsyncStream<Value?>.makeStream()
        let work = Task { continuation.yield(await body()) }
        let timer = Task {
            do { try await Task.sleep(for: limit, clock: .continuous) } catch { return }
            continuation.yield(nil)
        }
        defer {
            work.cancel()
            timer.cancel()
            continuation.finish()
        }
        return await withTaskCancellationHandler {
            for await result in results { return result }
            return nil
        } onCancel: {
            continuation.finish()
        }
    }
}
