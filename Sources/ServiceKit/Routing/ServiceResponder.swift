import HTTPTypes
package import Hummingbird
import Logging
import NIOCore
import PostgresClient
import Primitives
import TraceRecording

/// The outermost step of every request: gives it an identifier, finds its operation, turns whatever was thrown into an
/// answer, adds the headers that every answer has, and tells the observers.
///
/// One responder in place of a chain of middlewares, because each of those that wraps the body costs the batched write
/// of head, body and end.
package struct ServiceResponder: HTTPResponder {
    package typealias Context = ServiceRequestContext

    let router: OperationRouter
    let crossOrigin: CrossOriginPolicy
    let operations: [Operation]
    let observers: [any RequestObserver]
    let clientAddress: ClientAddressResolver
    let clock: any WallClock
    /// Says how far the database has come; nil without replicas.
    let writePosition: (@Sendable () async -> WritePosition?)?

    /// Answers a request, whatever happens.
    package func respond(to request: Request, context: ServiceRequestContext) async throws -> Response {
        let start = ContinuousClock.now
        let startedAt = clock.now()
        let requestID = Self.requestID(request.headers[.requestID], now: startedAt)
        let trace = request.headers[.traceparent].flatMap {
            TraceContext($0, state: request.headers[.tracestate])
        }
        context.annotations.update { notes in
            notes.requestID = requestID
            notes.trace = trace
        }
        if !observers.isEmpty { tellBegan(request, context, start: start, startedAt: startedAt) }

        var response = await context.annotations.runWithin {
            await answerOrFailure(request, context, requestID: requestID)
        }
        if let writePosition, !request.method.isSafe, context.annotations.current.isAdmitted {
            // Also after a failure: a part of it may have been done. What was refused before must not cost the database anything.
            response.headers[.writePosition] = await writePosition()?.description
        }
        response.headers[.requestID] = requestID
        response.headers[.xContentTypeOptions] = "nosniff"
        if let origin = request.headers[.origin] {
            for field in crossOrigin.headers(origin: origin) { response.headers[field.name] = field.value }
        }
        if !observers.isEmpty { tellFinished(request, context, response: response, start: start, startedAt: startedAt) }
        return response
    }

    private func answerOrFailure(
        _ request: Request, _ context: ServiceRequestContext, requestID: String
    ) async -> Response {
        do {
            return try await answer(request, context)
        } catch {
            let failure = FailureMapping.failure(for: error, isSafe: request.method.isSafe)
            let isAbandoned = request.method.isSafe && Task.isCancelled
            if failure.status.code >= 500, !isAbandoned {
                context.logger.error(
                    "Request failed",
                    metadata: [
                        "requestId": "\(requestID)", "status": "\(failure.status.code)",
                        "error": "\(FailureMapping.loggable(error))",
                    ])
            }
            return FailureRendering.response(
                for: failure, accept: request.headers[.accept], requestID: requestID, path: request.uri.path)
        }
    }

    private func answer(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        if request.method == .options { return try preflight(request) }
        guard request.method.isSafe, let connection = OpenConnection.current else {
            return try await router.respond(to: request, context: context)
        }
        return try await connection.reading { try await router.respond(to: request, context: context) }
    }

    /// 204 for a preflight and for a plain `OPTIONS`, with the methods of the path; 404 when the path is unknown.
    private func preflight(_ request: Request) throws -> Response {
        let methods = router.allowedMethods(path: request.uri.path)
        guard !methods.isEmpty else { throw HTTPFailure.unknownPath }
        var headers: HTTPFields = [.allow: methods.map(\.rawValue).joined(separator: ", ")]
        if request.headers[.origin] != nil {
            let requested = request.headers[.accessControlRequestHeaders]
            for field in crossOrigin.preflightHeaders(requestedHeaders: requested) { headers[field.name] = field.value }
        }
        return Response(status: .noContent, headers: headers)
    }

    private func tellBegan(
        _ request: Request, _ context: ServiceRequestContext, start: ContinuousClock.Instant, startedAt: Timestamp
    ) {
        let started = StartedRequest(
            method: request.method, headers: request.headers, start: start, startedAt: startedAt,
            annotations: context.annotations)
        for observer in observers { observer.began(started) }
    }

    private func tellFinished(
        _ request: Request, _ context: ServiceRequestContext, response: Response, start: ContinuousClock.Instant,
        startedAt: Timestamp
    ) {
        var notes = context.annotations.current
        // It may have joined an earlier trace.
        if let span = notes.span { notes.trace = span.traceContext }
        let finished = FinishedRequest(
            method: request.method.rawValue, path: request.uri.path, query: request.uri.query ?? "",
            operation: notes.operation, route: notes.operation.map { operations[$0].path },
            status: response.status.code, start: start, startedAt: startedAt,
            durationNanoseconds: (ContinuousClock.now - start).nanoseconds, requestBytes: notes.requestBytes,
            responseBytes: response.body.contentLength ?? 0, requestHeaders: request.headers,
            responseHeaders: response.headers, notes: notes, host: request.head.authority,
            peer: context.remoteAddress, clientAddress: clientAddress)
        for observer in observers { observer.finished(finished) }
    }

    /// The client's own identifier when it is short and harmless in a log, else a new one.
    private static func requestID(_ given: String?, now: Timestamp) -> String {
        guard let given, (1...64).contains(given.utf8.count),
            given.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
                    || $0 == 0x5F || $0 == 0x2E
            })
        else { return Identifier.v7(at: now).description }
        return given
    }
}
