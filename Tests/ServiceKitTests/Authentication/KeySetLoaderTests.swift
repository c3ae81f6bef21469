import JSONCoding
import JWTKit
import Logging
import Primitives
import Synchronization
import Testing

@testable import ServiceKit

@Suite(.timeLimit(.minutes(20)))
struct KeySetLoaderTests {
    /// A provider whose answer and clock a test sets.
    private final class Provider: Sendable {
        struct Away: Error {}

        let signers = Mutex<[String: ES256PrivateKey]>([:])
        let isAway = Mutex(false)
        let readings = Mutex(0)
        let time = Mutex(ContinuousClock.now)

        func add(_ name: String) { signers.withLock { $0[name] = ES256PrivateKey() } }

        func answer() throws -> [UInt8] {
            readings.withLock { $0 += 1 }
            if isAway.withLock({ $0 }) { throw Away() }
            let keys = signers.withLock { signers in
                signers.map { name, key in
                    let (x, y) = (key.parameters?.x ?? "", key.parameters?.y ?? "")
                    return #"{"kty":"EC","crv":"P-256","kid":"\#(name)","x":"\#(x)","y":"\#(y)"}"#
                }
            }
            return Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8)
        }

        func token(_ name: String) async throws -> String {
            let signer = try #require(signers.withLock { $0[name] })
            let keys = JWTKeyCollection()
            await keys.add(ecdsa: signer, kid: JWKIdentifier(string: name))
            return try await keys.sign(AnyPayload(value: ["id": "x"]), kid: JWKIdentifier(string: name))
        }
    }

    private let provider = Provider()

    private func verifier() async -> TokenVerifier {
        await TokenVerifier(configuration: TokenConfiguration(secret: nil, issuer: nil), clock: SystemClock())
    }

    private func loader(
        _ verifier: TokenVerifier, source: KeySetLoader.Source? = nil
    ) -> KeySetLoader {
        KeySetLoader(
            verifier: verifier, source: source ?? { [provider] in try provider.answer() }, interval: .seconds(300),
            now: { [provider] in provider.time.withLock { $0 } },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test func `a set that fails at start is read again at once and the service is not ready before`() async throws {
        provider.add("a")
        provider.isAway.withLock { $0 = true }
        let verifier = await verifier()
        let loader = loader(verifier)
        #expect(await loader.healthCheck.state() == .down)
        #expect(await !loader.load())
        #expect(await loader.healthCheck.state() == .down)
        #expect(await HealthReport(running: [loader.healthCheck]).isReady == false)

        let running = Task { try await loader.run() }
        while provider.readings.withLock({ $0 }) < 3 { try await Task.sleep(for: .milliseconds(10)) }
        provider.isAway.withLock { $0 = false }
        while verifier.keySetSize == 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(await loader.healthCheck.state() == .up)
        #expect(try await verifier.verify(try await provider.token("a")).id == "x")
        running.cancel()
        _ = await running.result
    }

    @Test func `a token with an unknown key causes one reading`() async throws {
        provider.add("a")
        let verifier = await verifier()
        let loader = loader(verifier)
        #expect(await loader.load())
        provider.add("b")
        let token = try await provider.token("b")
        #expect(try await verifier.verify(token).id == "x", "the first request with a rotated key succeeds")
        #expect(provider.readings.withLock { $0 } == 2)

        let unknown = Provider()
        unknown.add("c")
        for _ in 0..<5 {
            let token = try await unknown.token("c")
            await #expect(throws: HTTPFailure.self) { try await verifier.verify(token) }
        }
        #expect(provider.readings.withLock { $0 } == 2, "unknown keys cannot be used to load the provider")
        provider.time.withLock { $0 += .seconds(11) }
        provider.add("d")
        #expect(try await verifier.verify(try await provider.token("d")).id == "x")
        #expect(provider.readings.withLock { $0 } == 3)
    }

    @Test func `requests that come while the set is read wait for the same reading`() async throws {
        provider.add("a")
        let verifier = await verifier()
        let (gate, open) = AsyncStream<Never>.makeStream()
        let loader = loader(verifier) { [provider] in
            let answer = try provider.answer()
            for await _ in gate {}
            return answer
        }
        let token = try await provider.token("a")
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<20 { group.addTask { try await verifier.verify(token).id } }
            while provider.readings.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(1)) }
            open.finish()
            for try await id in group { #expect(id == "x") }
        }
        #expect(provider.readings.withLock { $0 } == 1)
        withExtendedLifetime(loader) {}
    }

    @Test func `a set that cannot be read for long is stale and stays in force`() async throws {
        provider.add("a")
        let verifier = await verifier()
        let loader = loader(verifier)
        #expect(await loader.load())
        provider.isAway.withLock { $0 = true }
        provider.time.withLock { $0 += .seconds(601) }
        #expect(await !loader.load())
        #expect(await loader.healthCheck.state() == .impaired("stale"))
        let report = await HealthReport(running: [loader.healthCheck])
        #expect(report.isReady)
        #expect(try await verifier.verify(try await provider.token("a")).id == "x")
        provider.isAway.withLock { $0 = false }
        #expect(await loader.load())
        #expect(await loader.healthCheck.state() == .up)
    }
}
