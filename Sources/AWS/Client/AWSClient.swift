package import JSONCoding
import NIOHTTP1
import OutboundHTTP
import Primitives

/// Calls the operations of a service with a JSON protocol: signed, repeated while it makes sense, within one deadline.
package struct AWSClient: Sendable {
    private let service: AWSService
    private let session: AWSSession
    private let endpoint: AWSEndpoint
    private let signature: SignatureV4
    private let policy = RetryPolicy()

    init(service: AWSService, session: AWSSession) {
        self.service = service
        self.session = session
        endpoint = session.configuration.endpoint(of: service)
        signature = SignatureV4(region: session.configuration.region, service: service.name)
    }

    /// Calls an operation.
    ///
    /// A call whose answer is lost is repeated, too: every operation that is used must be safe to repeat.
    /// - Parameters:
    ///   - operation: Its name, such as `SendMessage`.
    ///   - waiting: How long the service holds its answer back at most (long polling); the deadline is that much later.
    /// - Returns: The members of the answer; an empty object for an empty body.
    package func call(
        _ operation: String, _ input: JSONValue, waiting: Duration = .zero
    ) async throws(AWSError) -> JSONValue {
        let body = input.serialized()
        let name = "\(service.name) \(operation)"
        let end = ContinuousClock.now.advanced(by: session.configuration.timeout + waiting)
        var generator = SystemRandomNumberGenerator()
        var corrections = Corrections()
        var attempt = 1
        while true {
            let remaining = ContinuousClock.now.duration(to: end)
            let credentials = try await self.credentials(name)
            let failure: AWSError
            do throws(AttemptFailure) {
                return try await send(
                    operation, name, body, credentials, timeout: max(remaining, .milliseconds(1)),
                    isPolling: waiting > .zero)
            } catch {
                if corrections.shouldRepeat(error, credentials, session) { continue }
                failure = error.error
            }
            guard !Task.isCancelled,
                let delay = policy.delay(
                    after: failure, attempt: attempt, remaining: ContinuousClock.now.duration(to: end),
                    using: &generator)
            else { throw failure }
            try? await Task.sleep(for: delay, clock: .continuous)
            attempt += 1
        }
    }

    private func credentials(_ name: String) async throws(AWSError) -> AWSCredentials {
        do throws(CredentialsError) { return try await session.credentials.credentials() } catch {
            throw AWSError(.credentials, operation: name, reason: error.description)
        }
    }

    private func send(
        _ operation: String, _ name: String, _ body: [UInt8], _ credentials: AWSCredentials, timeout: Duration,
        isPolling: Bool
    ) async throws(AttemptFailure) -> JSONValue {
        let request = signed(operation, body, credentials)
        let answer: OutboundAnswer
        do throws(OutboundHTTPFailure) {
            answer = try await (isPolling ? session.pollingHTTP : session.http).send(request, timeout: timeout)
        } catch {
            throw AttemptFailure(
                error: AWSError(.unavailable, operation: name, reason: error.reason), date: nil)
        }
        // Emulators answer JSON under other content types: only the body counts.
        let value = answer.body.isEmpty ? JSONValue.object([:]) : Self.parse(answer.body)
        if answer.isSuccess, let value, case .object = value { return value }
        throw AttemptFailure(
            error: error(of: answer, value, name), date: answer.headers.first(name: "date"))
    }

    private func signed(_ operation: String, _ body: [UInt8], _ credentials: AWSCredentials) -> OutboundRequest {
        let headers: [(name: String, value: String)] = [
            ("host", endpoint.host), ("content-type", "application/x-amz-json-\(service.version)"),
            ("x-amz-target", "\(service.target).\(operation)"),
        ]
        let request = SignableRequest(method: "POST", path: endpoint.path, headers: headers, body: body)
        let added = signature.headers(signing: request, with: credentials, at: session.clock.now())
        return OutboundRequest(
            .POST, endpoint.url, headers: HTTPHeaders((headers + added).map { ($0.name, $0.value) }), body: body)
    }

    private static func parse(_ body: [UInt8]) -> JSONValue? {
        try? JSONValue.parse(body, limits: JSONLimits(bytes: AWSSession.maximumAnswerSize))
    }

    private func error(of answer: OutboundAnswer, _ value: JSONValue?, _ name: String) -> AWSError {
        if answer.isSuccess {
            return AWSError(
                .unavailable, operation: name, status: answer.status, reason: "the answer is not a JSON object")
        }
        let code = ErrorCode.of(value, header: answer.headers.first(name: "x-amzn-errortype"))
        let kind: AWSError.Kind =
            if answer.status == 429 || code.map(ErrorCode.ofThrottling.contains) == true {
                .throttled
            } else if answer.status >= 500 || code.map(ErrorCode.ofOutages.contains) == true {
                .unavailable
            } else if code.map(ErrorCode.ofCredentials.contains) == true {
                .credentials
            } else {
                .refused
            }
        return AWSError(
            kind, operation: name, code: code, status: answer.status,
            retryAfter: answer.retryAfter(now: session.machineClock.now()))
    }
}

/// A failed attempt, with what it says about clocks.
private struct AttemptFailure: Error {
    let error: AWSError
    /// The header `Date` of the answer.
    let date: String?
}

/// What is put right once in a call: the time, and credentials that have expired.
private struct Corrections {
    private var hasCorrectedTime = false
    private var hasRenewed = false

    mutating func shouldRepeat(
        _ failure: AttemptFailure, _ credentials: AWSCredentials, _ session: AWSSession
    ) -> Bool {
        guard let code = failure.error.code else { return false }
        let concernsTime = ErrorCode.ofTime.contains(code) || ErrorCode.ofCredentials.contains(code)
        if !hasCorrectedTime, concernsTime, session.clock.correct(by: failure.date) {
            hasCorrectedTime = true
            return true
        }
        if !hasRenewed, ErrorCode.ofCredentials.contains(code), credentials.expiration != nil {
            hasRenewed = true
            session.credentials.refused(credentials)
            return true
        }
        return false
    }
}
