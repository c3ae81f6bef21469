import HTTPTypes
import Hummingbird
package import Primitives

/// Finds the operation of a request. Built once from the list of operations.
struct OperationRouter: Sendable {
    private let responder: RouterResponder<ServiceRequestContext>
    private let paths: [PathMethods]

    private struct PathMethods: Sendable {
        let segments: [Substring]
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
            var entry = paths[operation.path] ?? PathMethods(segments: Self.segments(operation.path), methods: [])
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
        do {
            return try await responder.respond(to: request, context: context)
        } catch let error as HTTPError where error.status == .notFound {
            // Only the router throws this one: operations throw `HTTPFailure`.
            throw failureForUnrouted(request)
        }
    }

    /// The methods of a path, `OPTIONS` included; empty for an unknown one.
    func allowedMethods(path: String) -> [HTTPRequest.Method] {
        let wanted = Self.segments(path)
        var methods: [HTTPRequest.Method] = []
        for entry in paths where Self.matches(entry.segments, wanted) {
            for method in entry.methods where !methods.contains(method) { methods.append(method) }
        }
        return methods.isEmpty ? [] : methods + [.options]
    }

    private func failureForUnrouted(_ request: Request) -> HTTPFailure {
        let methods = allowedMethods(path: request.uri.path)
        return methods.isEmpty ? .unknownPath : .methodNotAllowed(allow: methods)
    }

    private static func segments(_ path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: true)
    }

    private static func matches(_ template: [Substring], _ path: [Substring]) -> Bool {
        template.count == path.count && zip(template, path).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}
