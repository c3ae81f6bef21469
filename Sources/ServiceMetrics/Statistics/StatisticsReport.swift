import HTTPTypes
import JSONCoding
import Primitives
import PrometheusMetrics
import ServiceKit

/// The answer of `/stats`, member by member as swagger-stats has it (docs/contract/protocols.md 3).
struct StatisticsReport: Sendable {
    /// What of it was asked for. Names that swagger-stats does not know are ignored, as it does.
    struct Fields: Sendable {
        private let names: Set<String>
        let path: String?
        let method: String?

        /// - Parameter query: `fields=a,b`, `fields=a&fields=b` or `fields[]=a&fields[]=b`; `path` and `method` for `apiop`.
        init(query: String) {
            let pairs = QueryString.pairs(query)
            let lists = pairs.filter { $0.name == "fields" || $0.name == "fields[]" }
            names = Set(lists.flatMap { $0.value.split(separator: ",").map { $0.trimmingSpaces().lowercased() } })
            path = pairs.first { $0.name == "path" }?.value
            method = pairs.first { $0.name == "method" }?.value.uppercased()
        }

        func contains(_ name: String) -> Bool {
            names.contains(name) || names.contains("all") || names.contains("*")
        }
    }

    let statistics: RequestStatistics
    let service: String
    let hostname: String
    /// Where the service listens.
    let address: String
    let port: Int
    /// Requests in flight that are the one that asks.
    let ownRequests: Int
    let fields: Fields

    func write(to writer: inout JSONWriter) {
        let routes = statistics.routes
        let unrouted = statistics.unrouted
        writer.beginObject()
        writer.key("startts")
        writer.integer64(statistics.startedAt.microseconds / 1000)
        writeTotals(routes.map(\.statistics.baseline) + unrouted.map(\.statistics.baseline), to: &writer)
        writer.key("sys")
        Self.write(statistics.currentSystem, to: &writer)
        writer.key("name")
        writer.string(service)
        writer.key("version")
        writer.string(ProgramVersion.current)
        writer.key("hostname")
        writer.string(hostname)
        writer.key("ip")
        writer.string(address)
        writer.key("apdexThreshold")
        writer.double(RequestStatistics.apdexThreshold)
        if fields.contains("method") { writeMethods(routes, unrouted, to: &writer) }
        if fields.contains("timeline") { writeTimeline(to: &writer) }
        let rare = statistics.rareRequests
        if fields.contains("lasterrors") {
            writer.key("lasterrors")
            write(rare.lastErrors, to: &writer)
        }
        if fields.contains("longestreq") {
            writer.key("longestreq")
            write(rare.longest.requests, to: &writer)
        }
        if fields.contains("apidefs") { writeDefinitions(to: &writer) }
        if fields.contains("apistats") { writeOperations(routes, to: &writer) }
        if fields.contains("apiop") { writeOperation(routes, to: &writer) }
        if fields.contains("errors") {
            writeErrors(routes.map(\.statistics) + unrouted.map(\.statistics), rare, to: &writer)
        }
        writer.endObject()
    }

    private func writeTotals(_ baselines: [Baseline], to writer: inout JSONWriter) {
        let all = Self.sum(baselines)
        writer.key("all")
        Self.write(
            all, requests: all.responses + max(0, statistics.inFlight - ownRequests), seconds: statistics.uptime,
            to: &writer)
        // Requests that the service sends itself are in its metrics.
        writer.key("egress")
        Self.write(Baseline(), requests: 0, seconds: statistics.uptime, to: &writer)
    }

    private func writeMethods(_ routes: [Route], _ unrouted: [Unrouted], to writer: inout JSONWriter) {
        var methods = Dictionary(
            uniqueKeysWithValues: ["GET", "POST", "PUT", "DELETE"].map { ($0, Baseline()) })
        for route in routes { methods[route.method, default: Baseline()].add(route.statistics.baseline) }
        for other in unrouted where other.statistics.baseline.responses > 0 {
            methods[other.method, default: Baseline()].add(other.statistics.baseline)
        }
        writer.key("method")
        writer.beginObject()
        for (method, baseline) in methods.sorted(by: { $0.key < $1.key }) {
            writer.key(method)
            Self.write(baseline, requests: baseline.responses, seconds: statistics.uptime, to: &writer)
        }
        writer.endObject()
    }

    private func writeTimeline(to writer: inout JSONWriter) {
        let now = Int(statistics.clock.now().microseconds / 1000)
        writer.key("timeline")
        writer.beginObject()
        writer.key("settings")
        writer.beginObject()
        writer.key("bucket_duration")
        writer.integer(Timeline.bucketMilliseconds)
        writer.key("bucket_current")
        writer.integer(now / Timeline.bucketMilliseconds)
        writer.key("length")
        writer.integer(Timeline.length)
        writer.endObject()
        writer.key("data")
        writer.beginObject()
        for (minute, bucket) in statistics.currentTimeline.shown(millisecond: now) {
            writer.key("\(minute)")
            writer.beginObject()
            writer.key("stats")
            Self.write(bucket.baseline, requests: bucket.baseline.responses, seconds: 60, to: &writer)
            writer.key("sys")
            Self.write(bucket.system, to: &writer)
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
    }

    private func writeErrors(
        _ all: [RouteStatistics], _ rare: RequestStatistics.Rare, to writer: inout JSONWriter
    ) {
        var codes: [Int: Int] = [:]
        for statistics in all {
            for (code, count) in statistics.codes where code >= 400 { codes[code, default: 0] += count }
        }
        writer.key("errors")
        writer.beginObject()
        writer.key("statuscode")
        writer.beginObject()
        for (code, count) in codes.sorted(by: { $0.key < $1.key }) {
            writer.key("\(code)")
            writer.integer(count)
        }
        writer.endObject()
        writer.key("topnotfound")
        Self.write(rare.notFound, to: &writer)
        writer.key("topservererror")
        Self.write(rare.serverErrors, to: &writer)
        writer.endObject()
    }
}
