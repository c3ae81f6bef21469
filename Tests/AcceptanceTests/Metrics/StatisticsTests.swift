import Foundation
import JSONCoding
import Primitives
import StackTestSupport
import TestSupport
import Testing

/// Statistics of requests in the form of swagger-stats (docs/contract/protocols.md 3).
@Suite(.timeLimit(.minutes(20))) struct StatisticsTests {
    private static let figures: Set<String> = [
        "requests", "responses", "errors", "info", "success", "redirect", "client_error", "server_error", "total_time",
        "max_time", "avg_time", "total_req_clength", "max_req_clength", "avg_req_clength", "total_res_clength",
        "max_res_clength", "avg_res_clength", "req_rate", "err_rate", "apdex_threshold", "apdex_satisfied",
        "apdex_tolerated", "apdex_score",
    ]
    private static let always: Set<String> = [
        "startts", "all", "egress", "sys", "name", "version", "hostname", "ip", "apdexThreshold",
    ]

    private func keys(_ json: JSONValue?) -> Set<String> { Set((json?.objectValue ?? [:]).map { $0.key }) }

    @Test func `the members are those of swagger-stats, and no secret is among them`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let secret = "s3cr3t-value"
            try await client.send(
                "GET", "/leads?token=\(secret)", token: stack.admin,
                headers: ["cookie": "a=\(secret)", "x-api-key": secret])
            try await client.post("/leads", ["email": .string(secret)]).expect(422)
            let answer = try await client.get("/stats?fields=all&path=/leads&method=post", token: stack.admin).expect(
                200)
            #expect(answer.headers["cache-control"] == "no-store")
            #expect(!answer.text.contains(secret) && !answer.text.contains(stack.admin))
            let json = answer.json
            #expect(
                keys(json)
                    == Self.always.union([
                        "method", "timeline", "lasterrors", "longestreq", "apidefs", "apistats", "apiop", "errors",
                    ]))
            #expect(keys(json["all"]) == Self.figures)
            #expect(keys(json["egress"]) == Self.figures)
            #expect(keys(json["sys"]) == ["rss", "heapTotal", "heapUsed", "external", "cpu", "lag", "maxlag"])
            #expect(keys(json["method"]).isSuperset(of: ["GET", "POST", "PUT", "DELETE"]))
            #expect(json["timeline"]?["settings"]?["bucket_duration"] == 60_000)
            #expect(keys(json["timeline"]?["data"]).count == 60)
            #expect(
                keys(json["apidefs"]?["/tenants/{id}"]?["GET"]) == [
                    "swagger", "deprecated", "description", "operationId", "summary", "tags",
                ])
            let error = try #require(json["lasterrors"]?.arrayValue?.last)
            #expect(
                keys(error).isSuperset(of: [
                    "path", "method", "query", "startts", "endts", "responsetime", "node", "http", "ip", "real_ip",
                    "port", "@timestamp", "api",
                ]))
            #expect(error["query"] == "POST /leads" && error["node"]?["ip"] == "127.0.0.1")
            #expect(error["http"]?["response"]?["code"] == "422")
            #expect(error["http"]?["response"]?["phrase"] == "Unprocessable Entity")
            let api = error["api"]
            #expect(keys(api) == ["path", "query", "operationId", "swagger", "deprecated", "tags"])
            #expect(api?["query"] == "POST /leads" && api?["tags"] == ["LeadController"])
            let searched = json["longestreq"]?.arrayValue?.first { $0["query"] == "GET /leads" }
            #expect(searched?["http"]?["request"]?["query"] == ["token": "{hidden}"])
            #expect(error["http"]?["request"]?["route_path"] == "/leads")
            let operation = json["apiop"]?["/leads"]?["POST"]
            #expect(keys(operation) == ["defs", "stats", "details"])
            #expect(operation?["details"]?["code"]?["422"]?["count"] == 1)
            let durations = operation?["details"]?["duration"]
            #expect(durations?["buckets"]?.arrayValue?.count == 11 && durations?["values"]?.arrayValue?.count == 12)
        }
    }

    @Test func `fields are chosen in each of the forms that clients send`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            #expect(keys(try await client.get("/stats", token: stack.admin).json) == Self.always)
            for query in [
                "fields=timeline,errors", "fields=timeline&fields=errors", "fields[]=timeline&fields[]=errors",
                "fields%5B%5D=timeline&fields%5B%5D=errors", "fields=TIMELINE,%20errors,unknown",
            ] {
                for path in ["/stats", "/swagger-stats/stats"] {
                    let answer = try await client.get("\(path)?\(query)", token: stack.admin).expect(200)
                    #expect(keys(answer.json) == Self.always.union(["timeline", "errors"]), "\(query)")
                }
            }
            let none = try await client.get("/stats?fields=apiop&path=/nowhere&method=GET", token: stack.admin)
            #expect(none.json["apiop"]?.objectValue?.isEmpty == true)
        }
    }

    @Test func `the path of the original asks for name and password`() async throws {
        try await TestStack.run(
            [.tenantManagement, .orchestrator],
            environment: ["ENABLE_OBF": "true", "SWAGGER_USER": "admin", "SWAGGER_PASSWORD": "long enough to be one"]
        ) { stack in
            let basic = "Basic " + Data("admin:long enough to be one".utf8).base64EncodedString()
            for kind in [TestStack.ServiceKind.tenantManagement, .orchestrator] {
                let client = stack.client(kind)
                for path in ["/obf", "/obf/stats", "/obf/metrics"] {
                    let refused = try await client.get(path).expect(401)
                    #expect(refused.headers["www-authenticate"]?.hasPrefix("Basic ") == true)
                    let wrong = "Basic " + Data("admin:wrong".utf8).base64EncodedString()
                    try await client.send("GET", path, headers: ["authorization": wrong]).expect(401)
                    try await client.get(path, token: stack.admin).expect(401)
                    try await client.send("GET", path, headers: ["authorization": basic]).expect(200)
                }
                try await client.send("GET", "/obf/logout", headers: ["authorization": basic]).expect(401)
                try await client.get("/stats/ui/app.js").expect(200)
                let metrics = try await client.send("GET", "/obf/metrics", headers: ["authorization": basic])
                let scrape = Scrape(metrics.text)
                try await scrape.expectAccepted(hasUnusualNames: true)
                #expect(scrape.names.contains("api_all_request_total"))
                #expect(scrape.names.contains("api_request_duration_milliseconds"))
            }
        }
    }

    @Test func `hostile requests cannot fill the memory of the statistics or break their text`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            for number in 0..<150 {
                let path = "/x\(number)/" + String(repeating: "%22%5C%0A%F0%9F%92%A9\"", count: 40).queryEncoded
                try await client.get(path).expect(404)
            }
            let json = try await client.get("/stats?fields=all", token: stack.admin).expect(200).json
            #expect(json["lasterrors"]?.arrayValue?.count == 100)
            #expect(json["longestreq"].map { $0.arrayValue?.count ?? 101 <= 100 } == true)
            #expect(keys(json["errors"]?["topnotfound"]).count == 10)
            #expect(
                json["lasterrors"]?.arrayValue?.allSatisfy { ($0["path"]?.stringValue?.count ?? 999) <= 200 } == true)
            let scrape = Scrape(try await client.get("/metrics", token: stack.admin).expect(200).text)
            try await scrape.expectAccepted()
            #expect(scrape["arc_http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"}"] == 150)
        }
    }
}
