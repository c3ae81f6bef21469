import HTTPTypes
import Hummingbird
import JSONCoding
import NIOCore
import PostgresClient
import Testing

@testable import Entities
@testable import ServiceKit

@Suite
struct FailureTests {
    private func text(_ failure: HTTPFailure, accept: String? = nil) async throws -> String {
        let response = FailureRendering.response(for: failure, accept: accept, requestID: "r1", path: "/x")
        let collector = BodyCollector()
        try await response.body.write(collector)
        return collector.text
    }

    @Test func `the envelope is the original's`() async throws {
        #expect(
            try await text(.entityNotFound)
                == #"{"error":{"statusCode":404,"name":"NotFoundError","message":"EntityNotFound"}}"#)
        #expect(
            try await text(.missingToken)
                == #"{"error":{"statusCode":401,"name":"UnauthorizedError","message":"Bearer realm=\"Users\""}}"#)
        #expect(
            try await text(.invalidToken)
                == #"{"error":{"statusCode":401,"name":"UnauthorizedError","message":{"message":"TokenExpired"}}}"#)
        #expect(
            try await text(.internalError) == #"{"error":{"statusCode":500,"message":"Internal Server Error"}}"#)
    }

    @Test func `an unknown outcome is said to be unknown, and recommends a key`() {
        for error: any Error in [RepositoryError.outcomeUnknown, CancellationError()] {
            let failure = FailureMapping.failure(for: error, isSafe: false)
            #expect(failure.status == .gatewayTimeout && failure.code == "OUTCOME_UNKNOWN")
            let message = failure.message.stringValue ?? ""
            #expect(message.contains("unknown") && message.contains("Idempotency-Key"))
            #expect(!message.contains("nothing was changed") && failure.headers[.retryAfter] == nil)
        }
    }

    @Test func `a read has no unknown outcome`() {
        for error: any Error in [RepositoryError.outcomeUnknown, CancellationError()] {
            let failure = FailureMapping.failure(for: error, isSafe: true)
            #expect(failure.status == .serviceUnavailable && failure.code == "UNAVAILABLE")
        }
    }

    @Test(arguments: [RepositoryError.unavailable, .contention, .cancelled, .timeout])
    func `what is known to have changed nothing says so`(error: RepositoryError) {
        let failure = FailureMapping.failure(for: error, isSafe: false)
        #expect(failure.status == .serviceUnavailable && failure.headers[.retryAfter] == "1")
        #expect(failure.message.stringValue?.contains("nothing was changed") == true)
    }

    @Test func `problem details point at the field`() async throws {
        let failure = HTTPFailure.invalidField("/key", code: "pattern", "must match")
        let problem = try await text(failure, accept: "application/problem+json")
        #expect(problem.contains(##""type":"urn:arc:problem:validation-failed""##))
        #expect(problem.contains(##""errors":[{"pointer":"#/key","code":"pattern","detail":"must match"}]"##))
        #expect(problem.contains(#""requestId":"r1""#))
    }

    @Test(
        arguments: [
            ("application/problem+json", true), ("Application/Problem+JSON; charset=utf-8", true),
            ("application/json, application/problem+json", true), ("application/problem+json;q=0.8, text/html", true),
            ("application/problem+json, */*", true), ("application/problem+json;q=0", false),
            ("application/problem+json; Q=0.000, */*", false),
            ("application/problem+json;q=0.5, application/json", false),
            ("application/problem+json;q=0.5, */*;q=0.6", false),
            ("application/problem+json;q=0.5, application/*;q=0.9, application/json;q=0.1", true),
            ("application/json;q=0.2, application/problem+json;q=0.3", true), ("*/*", false), ("application/*", false),
            ("application/json, text/plain, */*", false), ("text/x-application/problem+json-not", false),
            ("application/problem+json;q=high", false), ("", false),
        ])
    func `problem details are for clients that prefer them`(accept: String, isProblem: Bool) async throws {
        let response = FailureRendering.response(for: .entityNotFound, accept: accept, requestID: "r1", path: "/x")
        let type = response.headers[.contentType] ?? ""
        #expect((type == "application/problem+json") == isProblem, "\(type)")
        #expect(try await text(.entityNotFound, accept: accept).contains(#""statusCode""#) != isProblem)
    }

    /// RFC 6901 section 6: `#` and a pointer make a URI fragment.
    @Test func `pointers are URI fragments`() async throws {
        let failure = HTTPFailure.invalidField("/a b/é%\"<>^`{|}~1x/ok-._~!$&'()*+,;=:@?", code: "type", "must match")
        let problem = try await text(failure, accept: "application/problem+json")
        #expect(
            problem.contains(
                ##""pointer":"#/a%20b/%C3%A9%25%22%3C%3E%5E%60%7B%7C%7D~1x/ok-._~!$&'()*+,;=:@?""##), "\(problem)")
    }

    @Test func `problems of a parameter name it`() async throws {
        for error in [
            FilterError.syntax(parameter: "filter", value: "{", message: "unexpected end"),
            .invalid(
                parameter: "filter", value: "{}", details: [ValidationDetail(path: "/limit", code: "a", message: "b")]),
        ] {
            let failure = FailureMapping.failure(for: error)
            let problem = try await text(failure, accept: "application/problem+json")
            #expect(problem.contains(#""parameter":"filter""#), "\(problem)")
            #expect(try await !text(failure).contains(#""parameter""#), "LoopBack's envelope stays as it is")
        }
        let body = try await text(.invalidField("/key", code: "a", "b"), accept: "application/problem+json")
        #expect(!body.contains("parameter"))
    }

    @Test func `errors of the layers below have the statuses of the contract`() {
        let cases: [(any Error, Int)] = [
            (RepositoryError.notFound(entity: "Tenant", table: "tenants", id: "x"), 404),
            (RepositoryError.conflict(detail: "Key (key)=(a) already exists."), 409),
            (RepositoryError.relatedNotFound(detail: ""), 404),
            (RepositoryError.invalid(field: "name", reason: .tooLong), 422),
            (RepositoryError.forbidden, 404),
            (RepositoryError.versionMismatch(current: 2), 412),
            (RepositoryError.unavailable, 503),
            (RepositoryError.timeout, 503),
            (RepositoryError.unexpected(sqlState: "XX000"), 500),
            (RepositoryError.outcomeUnknown, 504), (CancellationError(), 504),
            (NIOTooManyBytesError(maxBytes: 1), 413),
        ]
        for (error, status) in cases { #expect(FailureMapping.failure(for: error).status.code == status) }
    }
}

private final class BodyCollector: ResponseBodyWriter {
    private(set) var text = ""
    func write(_ buffer: ByteBuffer) async throws { text += String(buffer: buffer) }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
