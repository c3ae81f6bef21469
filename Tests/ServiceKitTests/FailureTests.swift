import HTTPTypes
import Hummingbird
import NIOCore
import PostgresClient
import Testing

@testable import Entities
@testable import ServiceKit

@Suite("Failures")
struct FailureTests {
    private func text(_ failure: HTTPFailure, accept: String? = nil) async throws -> String {
        let response = FailureRendering.response(for: failure, accept: accept, requestID: "r1", path: "/x")
        let collector = BodyCollector()
        try await response.body.write(collector)
        return collector.text
    }

    @Test func theEnvelopeIsTheOriginals() async throws {
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

    @Test func problemDetailsPointAtTheField() async throws {
        let failure = HTTPFailure.invalidField("/key", code: "pattern", "must match")
        let problem = try await text(failure, accept: "application/problem+json")
        #expect(problem.contains(##""type":"urn:arc:problem:validation-failed""##))
        #expect(problem.contains(##""errors":[{"pointer":"#/key","code":"pattern","detail":"must match"}]"##))
        #expect(problem.contains(#""requestId":"r1""#))
    }

    @Test func errorsOfTheLayersBelowBecomeTheContractsStatuses() {
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
            (CancellationError(), 503),
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
