import FoundationEssentials
package import Logging
import ServiceLifecycle
import Synchronization

/// Keeps a verifier's key set fresh: reads it from a file or a URL at start, again at every interval, and once when a
/// token names a key that is not in it.
///
/// A reading that fails is retried after one second, then with back-off; the previous key set stays in use. The service
/// is not ready until the set has been read once, and its readiness check reports a stale set.
package final class KeySetLoader: Service {
    /// Fetches the bytes of a key set. It must have a deadline.
    package typealias Source = @Sendable () async throws -> [UInt8]

    private struct State {
        var schedule: KeySetSchedule
        var running: Task<Bool, Never>?
    }

    private let verifier: any KeySetHolder
    private let source: Source
    private let now: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameters:
    ///   - interval: Time between two readings.
    ///   - now: A clock that is never set back.
    init(
        verifier: any KeySetHolder, source: @escaping Source, interval: Duration,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, logger: Logger
    ) {
        self.verifier = verifier
        self.source = source
        self.now = now
        self.logger = logger
        state = Mutex(State(schedule: KeySetSchedule(interval: interval)))
        verifier.onUnknownKey { [weak self] in await self?.refreshOnDemand() }
    }

    /// The loader that a configuration asks for; nil without a key set.
    /// - Parameter fetch: Gets the bytes of a URL.
    package convenience init?(
        _ configuration: TokenConfiguration, verifier: TokenVerifier, logger: Logger,
        fetch: @escaping @Sendable (String) async throws -> [UInt8] = KeySetFetcher.fetch
    ) {
        let source: Source
        if let path = configuration.keySetFile {
            source = Self.file(path)
        } else if let url = configuration.keySetURL {
            source = { try await fetch(url) }
        } else {
            return nil
        }
        self.init(verifier: verifier, source: source, interval: configuration.keySetRefresh, logger: logger)
    }

    /// A source that reads a file.
    package static func file(_ path: String) -> Source {
        { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
    }

    /// Readiness check: no token of the provider can be verified before the key set has been read once.
    package var healthCheck: HealthCheck {
        HealthCheck(
            "keySet", isRequired: true, advice: "Check JWT_JWKS_URL and that the identity provider runs."
        ) { [self] in health }
    }

    /// Down before the key set has been read once.
    package var health: HealthState {
        state.withLock { state in
            guard state.schedule.isLoaded else { return .down }
            return state.schedule.staleness(now()) == nil ? .up : .impaired("stale")
        }
    }

    /// Reads the key set. Concurrent calls wait for the same reading.
    /// - Returns: Whether the key set is in use now.
    @discardableResult
    package func load() async -> Bool {
        await state.withLock { reading(in: &$0) }.value
    }

    /// Reads the key set because a token names an unknown key, unless that happened a moment ago.
    private func refreshOnDemand() async {
        let task = state.withLock { state -> Task<Bool, Never>? in
            if let running = state.running { return running }
            guard state.schedule.beginOnDemand(now()) else { return nil }
            return reading(in: &state)
        }
        _ = await task?.value
    }

    /// The running reading, or a new one. It continues if the request that caused it is canceled.
    private func reading(in state: inout State) -> Task<Bool, Never> {
        if let running = state.running { return running }
        let task = Task {
            let succeeded = await read()
            self.state.withLock { state in
                state.schedule.ended(succeeded: succeeded, now())
                state.running = nil
            }
            return succeeded
        }
        state.running = task
        return task
    }

    private func read() async -> Bool {
        do {
            let contents = try await KeySet.contents(try await source())
            guard !contents.keys.isEmpty else {
                logger.error(
                    "The key set has no usable key; the previous one stays in use",
                    metadata: ["skipped": "\(contents.skipped)"])
                return false
            }
            verifier.replaceKeySet(contents.keys)
            if contents.skipped > 0 {
                logger.debug("Keys of the key set were skipped", metadata: ["skipped": "\(contents.skipped)"])
            }
            return true
        } catch {
            logger.error(
                "The key set could not be read; the previous one stays in use", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// Runs until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.load()
                let (pause, staleness) = self.state.withLock { ($0.schedule.pause, $0.schedule.staleness(self.now())) }
                if let staleness {
                    self.logger.warning(
                        "The key set is stale: keys that the provider has removed are still accepted",
                        metadata: ["seconds": "\(staleness.components.seconds)"])
                }
                try? await Task.sleep(for: pause)
            }
        }
    }
}
