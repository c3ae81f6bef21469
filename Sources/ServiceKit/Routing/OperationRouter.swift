import HTTPTypes
import Hummingbird
import Primitives

/// Finds the operation of a request. Built once from the list of operations.
struct OperationRouter: Sendable {
    private let responder: RouterResponder<ServiceRequestContext>
    private let paths: [PathMethods]

    private struct PathMethods: Sendable {
        let template: PathTemplate
        var methods: [HTTPRequest.Method]
    }

    init(runners: [OperationRunner]) {
        let router = Router(context: ServiceRequestContext.self, options: .autoGenerateHeadEndpoints)
        var paths: [String: PathMethods] = [:]
        for runner in runners {
            let operation = runner.operation
            router.on(RouterPath(operation.path), method: operation.method) { request, context in
                try await runner.run(request, context)
            }
            var entry = paths[operation.path] ?? PathMethods(template: PathTemplate(operation.path), methods: [])
            entry.methods.append(operation.method)
            if operation.method == .get { entry.methods.append(.head) }
            paths[operation.path] = entry
        }
        self.responder = router.buildResponder()
        self.paths = paths.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Answers the request.
    /// - Throws: what the operation throws; 404 for an unknown path; 405 with `Allow` for a method the path lacks.
    func respond(to request: Request, context: ServiceRequestContext) async throws -> Response {
        let response = try await responder.respond(to: request, context: context)
        // Hummingbird answers requests without a route itself, with an empty 404, and then sets no endpoint path.
        guard context.endpointPath?.hasPrefix("/") == true else { throw failureForUnrouted(request) }
        return response
    }

    /// The methods of a path, `OPTIONS` included; empty for an unknown one.
    func allowedMethods(path: String) -> [HTTPRequest.Method] {
        let matching = paths.filter { $0.template.matches(path) }
        // Literal segments win over parameters, as they do in routing: `/plans/count` is not `/plans/{id}`.
        let closest = matching.min { $0.template.parameters < $1.template.parameters }
        guard let closest else { return [] }
        return closest.methods + [.options]
    }

    private func failureForUnrouted(_ request: Request) -> HTTPFailure {
        let methods = allowedMethods(path: request.uri.path)
        return methods.isEmpty ? .unknownPath : .methodNotAllowed(allow: methods)
    }
}
