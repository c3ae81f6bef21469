import Entities
import HTTPTypes
import JSONCoding
import NIOCore
import ServiceKit

/// `/stats`: the figures of requests in the form of swagger-stats, so that its user interface shows them.
struct StatisticsController: Sendable {
    let box: StatisticsBox
    let service: String
    let hostname: String
    /// Where the service listens.
    let address: String
    let port: Int

    /// Who may call, and how many of the requests in flight are the call itself.
    private struct CallerCheck: Sendable {
        let security: OperationSecurity
        let check: @Sendable (OperationRequest) throws(HTTPFailure) -> Void
        let ownRequests: Int
    }

    /// For the port of the service: operators with a permission, at `/stats` and at the default path of swagger-stats; and the
    /// path of the original with its name and password.
    func operations(_ configuration: StatisticsConfiguration) -> [Operation] {
        var operations =
            page(at: "/stats/ui", statistics: "../stats", assets: "ui/") + [forOperators("/stats", "stats")]
        if configuration.path != "/swagger-stats" {
            operations.append(forOperators("/swagger-stats/stats", "swaggerStats"))
            operations.append(legacyMetrics("/swagger-stats/metrics", "swaggerMetrics", nil))
        }
        if let path = configuration.path, let credentials = configuration.credentials {
            operations += original(at: path, credentials)
        }
        return operations
    }

    /// For the management port.
    func operations(_ access: MetricsAccess) -> [Operation] {
        let access = CallerCheck(
            security: .none, check: { call throws(HTTPFailure) in try access.check(call) }, ownRequests: 0)
        return page(at: "/stats/ui", statistics: "../stats", assets: "ui/") + [statistics("/stats", "stats", access)]
    }

    private func original(at path: String, _ credentials: BasicCredentials) -> [Operation] {
        let access = CallerCheck(
            security: .basic,
            check: { call throws(HTTPFailure) in
                guard credentials.accept(call.headers[.authorization]) else { throw Self.wrongCredentials }
            }, ownRequests: 1)
        let depth = path.split(separator: "/").count
        let html = ByteBuffer(
            string: StatisticsPage.html(
                service: service, statistics: "\(path.split(separator: "/").last ?? "")/stats",
                assets: String(repeating: "../", count: depth - 1) + "stats/ui/"))
        let index = Operation(
            .get, path, id: "StatsController.original", summary: "Statistics of requests as a page", security: .basic,
            responses: [.init(.ok, "An HTML page", mediaType: "text/html")],
            handler: .anonymous { call in
                try access.check(call)
                return .page(html)
            })
        let logout = Operation(
            .get, "\(path)/logout", id: "StatsController.logout",
            summary: "Makes a browser ask for name and password again", security: .basic,
            responses: [.init(.noContent, "Not used")],
            handler: .anonymous { _ in throw Self.wrongCredentials })
        return [
            index, statistics("\(path)/stats", "originalStats", access),
            legacyMetrics("\(path)/metrics", "originalMetrics", access), logout,
        ]
    }

    private static var wrongCredentials: HTTPFailure {
        var failure = HTTPFailure.unauthorized
        failure.headers[.wwwAuthenticate] = "Basic realm=\"Statistics\", charset=\"UTF-8\""
        return failure
    }

    // MARK: Statistics

    private func forOperators(_ path: String, _ id: String) -> Operation {
        operation(
            path, id, security: .bearer(permissions: StatisticsPolicy.read.permissions),
            handler: .scoped { call in try answer(call.request, ownRequests: 1) }
        ).forOperators()
    }

    private func statistics(_ path: String, _ id: String, _ access: CallerCheck) -> Operation {
        operation(
            path, id, security: access.security,
            handler: .anonymous { call in
                try access.check(call)
                return try answer(call, ownRequests: access.ownRequests)
            })
    }

    private func operation(
        _ path: String, _ id: String, security: OperationSecurity, handler: OperationHandler
    ) -> Operation {
        Operation(
            .get, path, id: "StatsController.\(id)",
            summary: "Statistics of requests to this node, as swagger-stats has them", security: security,
            parameters: [
                OperationParameter(
                    "fields", in: .query, schema: .string(),
                    description:
                        "Parts, separated by commas: method, timeline, lasterrors, longestreq, apidefs, apistats, apiop, errors, all"
                ),
                OperationParameter("path", in: .query, schema: .string(), description: "Path template for apiop"),
                OperationParameter("method", in: .query, schema: .string(), description: "Method for apiop"),
            ],
            responses: [.init(.ok, "The statistics", schema: .freeObject)], handler: handler)
    }

    private func answer(_ call: OperationRequest, ownRequests: Int) throws(HTTPFailure) -> OperationResponse {
        guard let statistics = box.statistics else { throw .unavailable() }
        let report = StatisticsReport(
            statistics: statistics, service: service, hostname: hostname, address: address, port: port,
            ownRequests: ownRequests, fields: StatisticsReport.Fields(query: call.query))
        var response = OperationResponse.json { report.write(to: &$0) }
        response.headers[.cacheControl] = "no-store"
        return response
    }

    // MARK: Metrics under the names of swagger-stats

    /// - Parameter access: nil for operators.
    private func legacyMetrics(_ path: String, _ id: String, _ access: CallerCheck?) -> Operation {
        let handler: OperationHandler =
            if let access {
                .anonymous { call in
                    try access.check(call)
                    return try legacyAnswer(ownRequests: access.ownRequests)
                }
            } else {
                .scoped { _ in try legacyAnswer(ownRequests: 1) }
            }
        let operation = Operation(
            .get, path, id: "StatsController.\(id)",
            summary: "Metrics of requests to this node under the names of swagger-stats",
            security: access?.security ?? .bearer(permissions: StatisticsPolicy.readMetrics.permissions),
            responses: [.init(.ok, "The metrics", mediaType: "text/plain")], handler: handler)
        return access == nil ? operation.forOperators() : operation
    }

    private func legacyAnswer(ownRequests: Int) throws(HTTPFailure) -> OperationResponse {
        guard let statistics = box.statistics else { throw .unavailable() }
        let text = LegacyMetrics(statistics: statistics, ownRequests: ownRequests).text
        return OperationResponse(
            status: .ok, headers: [.cacheControl: "no-store"], body: ByteBuffer(string: text),
            mediaType: "text/plain; version=0.0.4; charset=utf-8")
    }

    // MARK: Page

    /// The page asks for a token where it needs one, and has no figures itself, so everybody may have it.
    private func page(at path: String, statistics: String, assets: String) -> [Operation] {
        let html = ByteBuffer(string: StatisticsPage.html(service: service, statistics: statistics, assets: assets))
        let index = Operation(
            .get, path, id: "StatsController.page", summary: "Statistics of requests as a page", security: .none,
            responses: [.init(.ok, "An HTML page", mediaType: "text/html")], handler: .anonymous { _ in .page(html) })
        let asset = Operation(
            .get, "\(path)/{asset}", id: "StatsController.asset", summary: "A file of the page of statistics",
            security: .none,
            parameters: [.init("asset", in: .path, schema: .string(), description: "Name of the file")],
            responses: [.init(.ok, "The file", mediaType: "application/octet-stream")],
            failures: [.notFound: "There is no such file"],
            handler: .anonymous { call in
                guard let file = StatisticsPage.files[call.pathParameter("asset")] else {
                    throw HTTPFailure.unknownPath
                }
                return OperationResponse(
                    status: .ok, headers: [.cacheControl: "public, max-age=3600"],
                    body: ByteBuffer(string: file.content), mediaType: file.mediaType)
            })
        return [index, asset]
    }
}

extension OperationResponse {
    /// A page that loads its own scripts and styles and nothing from elsewhere.
    fileprivate static func page(_ html: ByteBuffer) -> OperationResponse {
        OperationResponse(
            status: .ok,
            headers: [
                .contentSecurityPolicy:
                    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
                .cacheControl: "no-store",
            ], body: html, mediaType: "text/html; charset=utf-8")
    }
}
