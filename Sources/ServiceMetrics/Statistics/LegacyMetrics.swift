/// The metrics that swagger-stats has, under its names (docs/contract/protocols.md 3), for dashboards made for it.
struct LegacyMetrics: Sendable {
    let statistics: RequestStatistics
    let ownRequests: Int

    var text: String {
        let routes = statistics.routes
        let baselines = routes.map(\.statistics.baseline) + statistics.unrouted.map(\.statistics.baseline)
        let all = StatisticsReport.sum(baselines)
        let inFlight = max(0, statistics.inFlight - ownRequests)
        var text = ""
        func add(_ name: String, _ kind: String, _ help: String, _ value: Double) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n\(name) \(Self.number(value))\n"
        }
        add("api_all_request_total", "counter", "Requests", Double(all.responses + inFlight))
        add("api_all_success_total", "counter", "Responses of success", Double(all.count(.success)))
        add("api_all_errors_total", "counter", "Responses with a status from 400", Double(all.errors))
        add(
            "api_all_client_error_total", "counter", "Responses with a status of 400 to 499",
            Double(all.count(.clientError)))
        add(
            "api_all_server_error_total", "counter", "Responses with a status from 500", Double(all.count(.serverError))
        )
        add("api_all_request_in_processing_total", "gauge", "Requests that are being handled", Double(inFlight))
        let system = statistics.currentSystem
        let memory = Double(system.residentBytes)
        add("nodejs_process_memory_rss_bytes", "gauge", "Resident memory", memory)
        add("nodejs_process_memory_heap_total_bytes", "gauge", "Resident memory: there is no separate heap", memory)
        add("nodejs_process_memory_heap_used_bytes", "gauge", "Resident memory: there is no separate heap", memory)
        add("nodejs_process_memory_external_bytes", "gauge", "Always 0", 0)
        add("nodejs_process_cpu_usage_percentage", "gauge", "Percent of one processor", system.cpu)
        text += "# HELP api_request_total Responses by operation\n# TYPE api_request_total counter\n"
        for route in routes {
            for (code, count) in route.statistics.codes.sorted(by: { $0.key < $1.key }) {
                let labels = "method=\"\(route.method)\",path=\"\(route.path)\",code=\"\(code)\""
                text += "api_request_total{\(labels)} \(count)\n"
            }
        }
        text += histogram("api_request_duration_milliseconds", "Durations", routes, \.durations)
        text += histogram("api_request_size_bytes", "Sizes of requests", routes, \.requestSizes)
        text += histogram("api_response_size_bytes", "Sizes of responses", routes, \.responseSizes)
        return text
    }

    private func histogram(
        _ name: String, _ help: String, _ routes: [StatisticsReport.Route],
        _ part: KeyPath<RouteStatistics, SizeHistogram>
    ) -> String {
        var text = "# HELP \(name) \(help) by operation\n# TYPE \(name) histogram\n"
        for route in routes {
            let histogram = route.statistics[keyPath: part]
            let labels = "method=\"\(route.method)\",path=\"\(route.path)\""
            var count = 0
            for (index, inBucket) in histogram.counts.enumerated() {
                count += inBucket
                let bound = index < SizeHistogram.bounds.count ? "\(SizeHistogram.bounds[index])" : "+Inf"
                text += "\(name)_bucket{\(labels),le=\"\(bound)\"} \(count)\n"
            }
            text += "\(name)_sum{\(labels)} \(Self.number(histogram.sum))\n\(name)_count{\(labels)} \(count)\n"
        }
        return text
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 9e15 ? "\(Int64(value))" : "\(value)"
    }
}
