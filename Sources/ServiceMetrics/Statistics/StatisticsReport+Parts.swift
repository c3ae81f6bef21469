import JSONCoding
import NIOHTTP1
import Primitives
import PrometheusMetrics
import ServiceKit

extension StatisticsReport {
    static func sum(_ baselines: [Baseline]) -> Baseline {
        baselines.reduce(into: Baseline()) { $0.add($1) }
    }

    /// - Parameter seconds: The time that the figures are of, for the rates.
    static func write(_ baseline: Baseline, requests: Int, seconds: Double, to writer: inout JSONWriter) {
        let responses = max(1, baseline.responses)
        writer.beginObject()
        func integer(_ key: StaticString, _ value: Int) {
            writer.key(key)
            writer.integer(value)
        }
        func double(_ key: StaticString, _ value: Double) {
            writer.key(key)
            writer.double(value)
        }
        integer("requests", requests)
        integer("responses", baseline.responses)
        integer("errors", baseline.errors)
        integer("info", baseline.count(.info))
        integer("success", baseline.count(.success))
        integer("redirect", baseline.count(.redirect))
        integer("client_error", baseline.count(.clientError))
        integer("server_error", baseline.count(.serverError))
        double("total_time", baseline.totalTime)
        double("max_time", baseline.maximumTime)
        double("avg_time", baseline.totalTime / Double(responses))
        integer("total_req_clength", baseline.totalRequestBytes)
        integer("max_req_clength", baseline.maximumRequestBytes)
        integer("avg_req_clength", baseline.totalRequestBytes / responses)
        integer("total_res_clength", baseline.totalResponseBytes)
        integer("max_res_clength", baseline.maximumResponseBytes)
        integer("avg_res_clength", baseline.totalResponseBytes / responses)
        double("req_rate", Double(requests) / seconds)
        double("err_rate", Double(baseline.errors) / seconds)
        double("apdex_threshold", RequestStatistics.apdexThreshold)
        integer("apdex_satisfied", baseline.apdexSatisfied)
        integer("apdex_tolerated", baseline.apdexTolerated)
        double("apdex_score", baseline.apdexScore)
        writer.endObject()
    }

    /// The process has no heap of its own size: all of its memory counts as used.
    static func write(_ system: SystemSample, to writer: inout JSONWriter) {
        writer.beginObject()
        for key in ["rss", "heapTotal", "heapUsed"] as [StaticString] {
            writer.key(key)
            writer.integer(system.residentBytes)
        }
        writer.key("external")
        writer.integer(0)
        writer.key("cpu")
        writer.double(system.cpu)
        writer.key("lag")
        writer.double(system.lag)
        writer.key("maxlag")
        writer.double(system.maximumLag)
        writer.endObject()
    }

    static func write(_ histogram: SizeHistogram, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("count")
        writer.integer(histogram.count)
        writer.key("buckets")
        writer.beginArray()
        for bound in SizeHistogram.bounds { writer.integer(bound) }
        writer.endArray()
        writer.key("values")
        writer.beginArray()
        for count in histogram.counts { writer.integer(count) }
        writer.endArray()
        writer.endObject()
    }

    /// The ten most frequent paths.
    static func write(_ paths: SpaceSaving<String>, to writer: inout JSONWriter) {
        writer.beginObject()
        for entry in paths.kept.sorted(by: { $0.certain > $1.certain }).prefix(10) {
            writer.key(entry.key)
            writer.integer(entry.certain)
        }
        writer.endObject()
    }

    func write(_ requests: [StoredRequest], to writer: inout JSONWriter) {
        writer.beginArray()
        for request in requests { write(request, to: &writer) }
        writer.endArray()
    }

    private func write(_ request: StoredRequest, to writer: inout JSONWriter) {
        let start = request.start.microseconds / 1000
        let operation = request.operation.map { statistics.operations[$0] }
        writer.beginObject()
        writer.key("path")
        writer.string(request.path)
        writer.key("method")
        writer.string(request.method)
        writer.key("query")
        writer.string("\(request.method) \(request.path)")
        writer.key("startts")
        writer.integer64(start)
        writer.key("endts")
        writer.integer64(start + Int64(request.milliseconds))
        writer.key("responsetime")
        writer.double(request.milliseconds)
        writer.key("node")
        writer.beginObject()
        text("name", service, to: &writer)
        text("version", ProgramVersion.current, to: &writer)
        text("hostname", hostname, to: &writer)
        text("ip", address, to: &writer)
        writer.endObject()
        writer.key("http")
        writeHTTP(request, route: operation?.path, to: &writer)
        text("ip", request.address, to: &writer)
        text("real_ip", request.address, to: &writer)
        writer.key("port")
        writer.integer(port)
        writer.key("@timestamp")
        writer.timestamp(request.start)
        text("request_id", request.requestID, to: &writer)
        if let tenant = request.tenantID { text("tenant_id", tenant.description, to: &writer) }
        write(operation, of: request, to: &writer)
        writer.endObject()
    }

    /// The operation that a request was for. Without one, its path stands for it.
    private func write(_ operation: Operation?, of request: StoredRequest, to writer: inout JSONWriter) {
        let path = operation?.path ?? request.path
        writer.key("api")
        writer.beginObject()
        text("path", path, to: &writer)
        text("query", "\(request.method) \(path)", to: &writer)
        text("operationId", operation?.operationID ?? "", to: &writer)
        writer.key("swagger")
        writer.bool(operation != nil)
        writer.key("deprecated")
        writer.bool(false)
        writer.key("tags")
        writer.beginArray()
        if let operation { writer.string(Self.tag(of: operation)) }
        writer.endArray()
        writer.endObject()
    }

    private func writeHTTP(_ request: StoredRequest, route: String?, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("request")
        writer.beginObject()
        text("url", request.path, to: &writer)
        write(headers: request.requestHeaders, to: &writer)
        writer.key("clength")
        writer.integer(request.requestBytes)
        text("route_path", route ?? "", to: &writer)
        // Values may be secrets, so they are not kept; of the query the names are.
        for (key, names) in [("params", []), ("query", request.query), ("body", [])] as [(StaticString, [String])] {
            writer.key(key)
            writer.beginObject()
            for name in Set(names).sorted() {
                writer.key(name)
                writer.string("{hidden}")
            }
            writer.endObject()
        }
        writer.endObject()
        writer.key("response")
        writer.beginObject()
        text("code", "\(request.status)", to: &writer)
        text("class", Self.className(request.status), to: &writer)
        text("phrase", HTTPResponseStatus(statusCode: request.status).reasonPhrase, to: &writer)
        write(headers: request.responseHeaders, to: &writer)
        writer.key("clength")
        writer.integer(request.responseBytes)
        writer.endObject()
        writer.endObject()
    }

    private func write(headers: [(name: String, value: String)], to writer: inout JSONWriter) {
        writer.key("headers")
        writer.beginObject()
        for (name, value) in headers {
            writer.key(name)
            writer.string(value)
        }
        writer.endObject()
    }

    private func text(_ key: StaticString, _ value: String, to writer: inout JSONWriter) {
        writer.key(key)
        writer.string(value)
    }

    static func className(_ status: Int) -> String {
        switch Baseline.StatusClass(status: status) {
        case .info: "info"
        case .success: "success"
        case .redirect: "redirect"
        case .clientError: "client_error"
        case .serverError: "server_error"
        }
    }
}
