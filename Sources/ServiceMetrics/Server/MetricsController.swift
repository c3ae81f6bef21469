import HTTPTypes
import NIOCore
import PrometheusMetrics
import ServiceKit

/// `GET /metrics`, as Prometheus reads it.
struct MetricsController: Sendable {
    static let path = "/metrics"

    let registry: MetricsRegistry

    /// For the port of the service: with a permission, for operators.
    var operation: Operation {
        operation(
            security: .bearer(permissions: MetricsPolicy.read.permissions),
            handler: .scoped { call in answer(call.request) }
        ).forOperators()
    }

    /// For the management port.
    func operation(_ access: MetricsAccess) -> Operation {
        operation(
            security: .none,
            handler: .anonymous { call in
                try access.check(call)
                return answer(call)
            })
    }

    private func operation(security: OperationSecurity, handler: OperationHandler) -> Operation {
        Operation(
            .get, Self.path, id: "MetricsController.metrics",
            summary: "Metrics of this node in the text format of Prometheus, or as OpenMetrics", security: security,
            responses: [.init(.ok, "The metrics", mediaType: "text/plain")], handler: handler)
    }

    private func answer(_ call: OperationRequest) -> OperationResponse {
        let format = ExpositionFormat(accept: call.headers[.accept])
        return OperationResponse(
            status: .ok, headers: [.cacheControl: "no-store"], mediaType: format.mediaType
        ) { [registry] write in
            try await registry.write(format) { try await write(ByteBuffer(bytes: $0)) }
        }
    }
}

extension MetricsAccess {
    /// - Throws: 401 without the token.
    func check(_ call: OperationRequest) throws(HTTPFailure) {
        guard accepts(authorization: call.headers[values: .authorization]) else {
            var failure = HTTPFailure.unauthorized
            failure.headers[.wwwAuthenticate] = "Bearer realm=\"Metrics\""
            throw failure
        }
    }
}
