import Logging
import Primitives
import Synchronization

/// The credentials of a process: fetched once for all callers, renewed well before they expire. A renewal that fails costs
/// nothing as long as the present ones are valid.
final class CredentialsCache: Sendable {
    private typealias Fetch = Task<Result<AWSCredentials, CredentialsError>, Never>

    private struct State {
        var credentials = CredentialsState()
        var fetch: Fetch?
    }

    private let provider: any CredentialsProvider
    private let clock: any WallClock
    private let logger: Logger
    private let state = Mutex(State())

    init(provider: any CredentialsProvider, clock: any WallClock, logger: Logger) {
        self.provider = provider
        self.clock = clock
        self.logger = logger
    }

    /// Credentials that are valid for a while.
    func credentials() async throws(CredentialsError) -> AWSCredentials {
        let now = clock.now()
        let (decision, fetch) = state.withLock { state -> (CredentialsState.Decision, Fetch?) in
            let decision = state.credentials.decide(now: now)
            if case .use = decision { return (decision, nil) }
            if let fetch = state.fetch { return (decision, fetch) }
            let fetch = Fetch { await self.fetch() }
            state.fetch = fetch
            return (decision, fetch)
        }
        switch decision {
        case .use(let credentials), .useAndRenew(let credentials): return credentials
        case .wait:
            guard let fetch else { throw CredentialsError(source: "the cache", reason: "nothing is being fetched") }
            return try await fetch.value.get()
        }
    }

    /// Makes the next call fetch new ones, because a service says that these have expired.
    func refused(_ credentials: AWSCredentials) {
        state.withLock { $0.credentials.refused(credentials) }
    }

    /// Runs in a separate task: a caller that gives up must not end it for the others.
    private func fetch() async -> Result<AWSCredentials, CredentialsError> {
        let result: Result<AWSCredentials, CredentialsError>
        do throws(CredentialsError) { result = .success(try await provider.fetch()) } catch { result = .failure(error) }
        let now = clock.now()
        state.withLock { state in
            state.fetch = nil
            switch result {
            case .success(let credentials): state.credentials.fetched(credentials, now: now)
            case .failure: state.credentials.failed(now: now)
            }
        }
        if case .failure(let error) = result {
            logger.warning("AWS credentials could not be fetched", metadata: ["error": "\(error)"])
        }
        return result
    }
}
