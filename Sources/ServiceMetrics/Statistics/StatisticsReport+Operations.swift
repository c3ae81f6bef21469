import HTTPTypes
import JSONCoding
import Primitives
import PrometheusMetrics
import ServiceKit

extension StatisticsReport {
    typealias Route = RequestStatistics.Route
    typealias Unrouted = RequestStatistics.Unrouted

    func writeDefinitions(to writer: inout JSONWriter) {
        writer.key("apidefs")
        writer.beginObject()
        let paths = Dictionary(grouping: statistics.operations, by: \.path)
        for (path, operations) in paths.sorted(by: { $0.key < $1.key }) {
            writer.key(path)
            writer.beginObject()
            for operation in operations {
                writer.key(operation.method.rawValue)
                Self.writeDefinition(of: operation, to: &writer)
            }
            writer.endObject()
        }
        writer.endObject()
    }

    func writeOperations(_ routes: [Route], to writer: inout JSONWriter) {
        writer.key("apistats")
        writer.beginObject()
        let paths = Dictionary(grouping: routes, by: \.path)
        for (path, routes) in paths.sorted(by: { $0.key < $1.key }) {
            writer.key(path)
            writer.beginObject()
            for route in routes {
                writer.key(route.method)
                let baseline = route.statistics.baseline
                Self.write(baseline, requests: baseline.responses, seconds: statistics.uptime, to: &writer)
            }
            writer.endObject()
        }
        writer.endObject()
    }

    /// One operation in detail; nothing if it was not called or `path` and `method` name none.
    func writeOperation(_ routes: [Route], to writer: inout JSONWriter) {
        writer.key("apiop")
        writer.beginObject()
        if let route = routes.first(where: { $0.path == fields.path && $0.method == fields.method }) {
            writer.key(route.path)
            writer.beginObject()
            writer.key(route.method)
            writer.beginObject()
            writer.key("defs")
            Self.writeDefinition(of: route.operation, to: &writer)
            writer.key("stats")
            let baseline = route.statistics.baseline
            Self.write(baseline, requests: baseline.responses, seconds: statistics.uptime, to: &writer)
            writer.key("details")
            Self.writeDetails(of: route.statistics, to: &writer)
            writer.endObject()
            writer.endObject()
        }
        writer.endObject()
    }

    private static func writeDetails(of statistics: RouteStatistics, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("duration")
        write(statistics.durations, to: &writer)
        writer.key("req_size")
        write(statistics.requestSizes, to: &writer)
        writer.key("res_size")
        write(statistics.responseSizes, to: &writer)
        writer.key("code")
        writer.beginObject()
        for (code, count) in statistics.codes.sorted(by: { $0.key < $1.key }) {
            writer.key("\(code)")
            writer.beginObject()
            writer.key("count")
            writer.integer(count)
            writer.endObject()
        }
        writer.endObject()
        // Which parameters were used is not counted.
        writer.key("parameters")
        writer.beginObject()
        writer.endObject()
        writer.endObject()
    }

    private static func writeDefinition(of operation: Operation, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("swagger")
        writer.bool(true)
        writer.key("deprecated")
        writer.bool(false)
        writer.key("description")
        writer.string(operation.summary)
        writer.key("operationId")
        writer.string(operation.operationID)
        writer.key("summary")
        writer.string(operation.summary)
        writer.key("tags")
        writer.beginArray()
        writer.string(tag(of: operation))
        writer.endArray()
        writer.endObject()
    }

    /// The tag of an operation in the OpenAPI document.
    static func tag(of operation: Operation) -> String { String(operation.operationID.prefix { $0 != "." }) }
}
