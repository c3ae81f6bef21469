extension RedisClient {
    private static let pause = Duration.milliseconds(50)

    /// Runs commands that their caller cannot do without: with sentinels again and again until there is a new master, for as long as
    /// the configuration allows; without sentinels once.
    /// - Parameter isRepeatable: Whether they may be carried out twice. If not, they are run again only when they certainly were not.
    package func throughFailover<Value: Sendable>(
        isRepeatable: Bool, _ body: () async throws(RedisError) -> Value
    ) async throws(RedisError) -> Value {
        guard let patience = configuration.sentinels?.patience else { return try await body() }
        let deadline = ContinuousClock.now + patience
        while true {
            do {
                return try await body()
            } catch {
                guard error.isUnavailable, error != .closed, isRepeatable || error.isCertainlyNotExecuted,
                    ContinuousClock.now < deadline
                else { throw error }
            }
            do { try await Task.sleep(for: Self.pause) } catch { throw .cancelled }
        }
    }
}
