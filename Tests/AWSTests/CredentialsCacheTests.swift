import Logging
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import AWS

@Suite(.timeLimit(.minutes(20))) struct CredentialsCacheTests {
    /// Answers as told, once it is let.
    private final class Provider: CredentialsProvider {
        struct State {
            var calls = 0
            var isOpen = true
            var answer: Result<AWSCredentials, CredentialsError>
        }

        let state: Mutex<State>

        init(_ answer: Result<AWSCredentials, CredentialsError>) { state = Mutex(State(answer: answer)) }

        var calls: Int { state.withLock { $0.calls } }

        func set(isOpen: Bool) { state.withLock { $0.isOpen = isOpen } }
        func set(_ answer: Result<AWSCredentials, CredentialsError>) { state.withLock { $0.answer = answer } }

        func fetch() async throws(CredentialsError) -> AWSCredentials {
            state.withLock { $0.calls += 1 }
            while !state.withLock({ $0.isOpen }) { try? await Task.sleep(for: .milliseconds(2)) }
            return try state.withLock { $0.answer }.get()
        }
    }

    private let clock = ManualClock(Timestamp(seconds: 1_800_000_000))

    private func credentials(_ name: String) -> AWSCredentials {
        AWSCredentials(
            accessKeyID: name, secretAccessKey: "hidden", sessionToken: "hidden",
            expiration: clock.now().adding(.seconds(3600)))
    }

    private static let away = CredentialsError(source: "a test", reason: "away")

    @Test func `many callers cause one fetch`() async throws {
        let provider = Provider(.success(credentials("one")))
        provider.set(isOpen: false)
        let cache = CredentialsCache(provider: provider, clock: clock, logger: testLogger)
        let names = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await cache.credentials().accessKeyID } }
            try await eventually("it is asked", is: { provider.calls > 0 })
            provider.set(isOpen: true)
            return try await group.reduce(into: [String]()) { $0.append($1) }
        }
        #expect(names == Array(repeating: "one", count: 50))
        #expect(provider.calls == 1)
    }

    @Test func `a renewal happens meanwhile, and nobody waits for it`() async throws {
        let provider = Provider(.success(credentials("one")))
        let cache = CredentialsCache(provider: provider, clock: clock, logger: testLogger)
        _ = try await cache.credentials()
        clock.advance(by: .seconds(3000))
        provider.set(.success(credentials("two")))
        provider.set(isOpen: false)
        for _ in 0..<10 { #expect(try await cache.credentials().accessKeyID == "one") }
        provider.set(isOpen: true)
        try await eventually("the new ones are used") { try await cache.credentials().accessKeyID == "two" }
        #expect(provider.calls == 2)
    }

    @Test func `a failed renewal keeps what is valid, and an expired one is an error without secrets`() async throws {
        let provider = Provider(.success(credentials("one")))
        let log = RecordedLog(.warning)
        let cache = CredentialsCache(provider: provider, clock: clock, logger: log.logger)
        _ = try await cache.credentials()
        provider.set(.failure(Self.away))
        clock.advance(by: .seconds(3000))
        #expect(try await cache.credentials().accessKeyID == "one")
        try await eventually("the renewal fails") { !log.lines.isEmpty }
        #expect(try await cache.credentials().accessKeyID == "one")
        #expect(provider.calls == 2)
        clock.advance(by: .seconds(590))
        await #expect(throws: Self.away) { try await cache.credentials() }
        #expect(log.lines.allSatisfy { !$0.contains("hidden") })
        provider.set(.success(credentials("two")))
        #expect(try await cache.credentials().accessKeyID == "two")
    }

    @Test func `a caller that gives up does not end the fetch of the others`() async throws {
        let provider = Provider(.success(credentials("one")))
        provider.set(isOpen: false)
        let cache = CredentialsCache(provider: provider, clock: clock, logger: testLogger)
        let impatient = Task { try await cache.credentials() }
        try await eventually("it is asked") { provider.calls == 1 }
        let patient = Task { try await cache.credentials() }
        impatient.cancel()
        provider.set(isOpen: true)
        #expect(try await patient.value.accessKeyID == "one")
        #expect(provider.calls == 1)
    }

    @Test func `credentials reveal nothing of themselves`() {
        let secret = credentials("one")
        var text = ""
        dump(secret, to: &text)
        #expect(!"\(secret) \(String(reflecting: secret)) \(text)".contains("hidden"))
    }
}
