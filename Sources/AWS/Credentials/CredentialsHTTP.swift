import NIOHTTP1
import OutboundHTTP

/// Requests of providers: small, short, repeated twice.
struct CredentialsHTTP: Sendable {
    let http: OutboundHTTPClient
    let source: String
    /// For one attempt.
    let timeout: Duration

    private static let attempts = 3

    /// The body of a successful answer.
    func body(of request: OutboundRequest) async throws(CredentialsError) -> [UInt8] {
        let answer = try await answer(to: request)
        guard answer.isSuccess else {
            throw CredentialsError(source: source, reason: "the service answered with status \(answer.status)")
        }
        return answer.body
    }

    /// The answer of any status; that of a server that cannot serve now only if it stays that way.
    func answer(to request: OutboundRequest) async throws(CredentialsError) -> OutboundAnswer {
        var failure: OutboundHTTPFailure?
        var last: OutboundAnswer?
        for attempt in 1...Self.attempts {
            do throws(OutboundHTTPFailure) {
                let answer = try await http.send(request, timeout: timeout)
                guard answer.status >= 500 || answer.status == 429 else { return answer }
                last = answer
                failure = nil
            } catch {
                failure = error
            }
            if attempt < Self.attempts {
                let pause = Duration.milliseconds(100 << attempt) * Double.random(in: 0.5...1)
                try? await Task.sleep(for: pause, clock: .continuous)
            }
        }
        guard failure == nil, let last else {
            throw CredentialsError(source: source, reason: failure?.reason ?? "there was no answer")
        }
        return last
    }
}
