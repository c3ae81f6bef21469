import JSONCoding
import PostgresTestSupport
import Primitives
import ServiceKit
import Testing

@testable import Subscription

extension ServiceTests {
    @Suite struct Catalogue {
        @Test(
            arguments: [
                ("/plan-sizes", ["size": "M", "config": ["nodes": 1]], ["config": ["nodes": 2]]),
                ("/currencies", ["currencyCode": "CHF", "currencyName": "Swiss Franc"], ["symbol": "Fr."]),
                (
                    "/billing-cycles", ["cycleName": "TEN_DAYS", "duration": 10, "durationUnit": "Days"],
                    ["description": "Every ten days."]
                ), ("/resources", ["name": "Bucket", "config": ["type": "s3"]], ["name": "Disk"]),
                ("/services", ["name": "Mail"], ["name": "Post"]),
            ] as [(String, JSONValue, JSONValue)])
        func `every entity has the eight operations`(path: String, body: JSONValue, change: JSONValue) async throws {
            try await TestService.run { try await $0.checkOperations(path, body, change) }
        }

        @Test func `the seeds exist`() async throws {
            try await TestService.run { service in
                let currencies = try await service.send("GET", "/currencies?filter[order]=currencyCode")
                #expect(
                    currencies.json.arrayValue?.compactMap { $0["currencyCode"]?.stringValue }
                        == ["EUR", "GBP", "INR", "JPY", "USD"])
                #expect(
                    currencies.json.arrayValue?.allSatisfy { $0["createdOn"] == nil && $0["deleted"] == nil } == true)
                let cycles = try await service.send("GET", "/billing-cycles")
                let durations = (cycles.json.arrayValue ?? []).reduce(into: [String: String]()) { result, cycle in
                    result[cycle["cycleName"]?.stringValue ?? ""] =
                        "\(cycle["duration"]?.intValue ?? 0) \(cycle["durationUnit"]?.stringValue ?? "")"
                }
                #expect(
                    durations == [
                        "WEEKLY": "1 week", "MONTHLY": "1 month", "QUARTERLY": "3 months", "HALF_YEARLY": "6 months",
                        "YEARLY": "1 year",
                    ])
                let plans = try await service.send(
                    "GET", "/plans?filter={\"order\":\"price\",\"include\":[\"currency\"]}".escaped)
                #expect(plans.status == 200, "\(plans.text)")
                #expect(plans.json.arrayValue?.compactMap { $0["name"]?.stringValue } == ["Standard", "Premium"])
                #expect(plans.json.arrayValue?.first?["currency"]?["currencyCode"] == "USD")
            }
        }

        @Test func `the cached plan follows every write`() async throws {
            try await TestService.run { service in
                let id = try await service.plan(price: 50)
                let path = "/plans/\(id)"
                func price() async throws -> JSONValue? { try await service.send("GET", path).json["price"] }
                #expect(try await price() == 50)
                #expect(try await service.send("PATCH", path, ["price": 60]).status == 204)
                #expect(try await price() == 60)
                let subscription = try await service.subscription(to: id)
                #expect(
                    try await service.send("GET", "/subscriptions/\(subscription)/invoice").json["total"] == 6000)
                #expect(try await service.send("PATCH", "/plans?where[id]=\(id)", ["price": 70]).json["count"] == 1)
                #expect(try await price() == 70)
                var body = try #require(try await service.send("GET", path).json.objectValue)
                body["price"] = 80
                body["description"] = nil
                #expect(try await service.send("PUT", path, .object(body.withoutNulls)).status == 204)
                #expect(try await price() == 80)
                let filtered = try await service.send("GET", path + "?filter[include]=currency")
                #expect(filtered.json["currency"]?["currencyCode"] == "USD")
                #expect(filtered.json["price"] == 80)
                #expect(try await service.send("DELETE", path).status == 204)
                #expect(try await service.send("GET", path).status == 404)
                #expect(try await service.subscribe(to: id).status == 404)
            }
        }

        @Test(
            arguments: [
                (["price": "50"], "/price: type"), (["price": -1], "/price: minimum"),
                (["price": 1.234], "/price: decimals"), (["price": nil], ": required"),
                (["currencyId": nil], ": required"),
                (["billingCycleId": nil], ": required"), (["currencyId": "USD"], "/currencyId: format"),
                (["tier": nil], ": required"), (["name": 5], "/name: type"),
                (["color": "red"], ": additionalProperties"),
                (["metaData": ["maxSubscriptionsPerTenant": -1]], "/metaData/maxSubscriptionsPerTenant: minimum"),
            ] as [([String: JSONValue?], String)])
        func `an invalid plan is refused with the field`(change: [String: JSONValue?], violation: String) async throws {
            try await TestService.run { service in
                var body: JSONObject = [
                    "name": "Premium", "tier": "PREMIUM", "price": 50,
                    "currencyId": .string(try await service.currency("USD")),
                    "billingCycleId": .string(try await service.cycle("MONTHLY")),
                ]
                for (name, value) in change { body[name] = value }
                let response = try await service.send("POST", "/plans", .object(body))
                #expect(response.status == 422, "\(response.text)")
                #expect(response.violations == [violation])
            }
        }

        @Test func `a price must fit its currency whenever either changes`() async throws {
            try await TestService.run { service in
                let id = try await service.plan(price: 49.99)
                let yen = try await service.currency("JPY")
                let refused = try await service.send("PATCH", "/plans/\(id)", ["currencyId": .string(yen)])
                #expect(refused.violations == ["/price: decimals"])
                #expect(
                    try await service.send("PATCH", "/plans/\(id)", ["currencyId": .string(yen), "price": 5000]).status
                        == 204)
                #expect(
                    try await service.send("PATCH", "/plans/\(id)", ["price": 0.5]).violations == ["/price: decimals"])
                #expect(
                    try await service.send("PATCH", "/plans?where[id]=\(id)", ["price": 0.00001]).violations
                        == ["/price: decimals"])
                let unknown = try await service.send("PATCH", "/plans/\(id)", ["currencyId": .identifier(.v4())])
                #expect(unknown.status == 404)
                #expect(unknown.text.contains("currency_id"))
            }
        }

        @Test func `neither a bulk change nor another currency code makes a price invalid`() async throws {
            try await TestService.run { service in
                func currency(_ code: String) async throws -> String {
                    let created = try await service.send(
                        "POST", "/currencies", ["currencyCode": .string(code), "currencyName": .string(code)])
                    return try #require(created.json["id"]?.stringValue, "\(created.text)")
                }
                let franc = try await currency("CHF")
                let dram = try await currency("AMD")
                let plan = try await service.plan(price: 19.99, currency: "CHF")
                let whole = try await service.plan(price: 20, currency: "AMD")
                let yen = try await service.currency("JPY")
                func bulk(_ ids: [String], _ body: JSONValue) async throws -> TestResponse {
                    let list = ids.map { "\"\($0)\"" }.joined(separator: ",")
                    return try await service.send(
                        "PATCH", "/plans?where={\"id\":{\"inq\":[\(list)]}}".escaped, body)
                }
                #expect(
                    try await bulk([plan, whole], ["currencyId": .string(yen)]).violations
                        == ["/currencyId: decimals"])
                #expect(
                    try await service.send("GET", "/plans/\(plan)").json["currencyId"] == .string(franc))
                for path in ["/currencies/\(franc)", "/currencies?where[id]=\(franc)"] {
                    let refused = try await service.send("PATCH", path, ["currencyCode": "KRW"])
                    #expect(refused.status == 422, "\(refused.text)")
                    #expect(refused.violations == ["/currencyCode: decimals"])
                }
                let replaced = try await service.send(
                    "PUT", "/currencies/\(franc)", ["currencyCode": "KRW", "currencyName": "Won"])
                #expect(replaced.violations == ["/currencyCode: decimals"])
                #expect(
                    try await service.send("PATCH", "/currencies/\(dram)", ["currencyCode": "KRW"]).status == 204)
                // The price of all: whole has a currency without decimals by now.
                #expect(try await bulk([plan, whole], ["price": 9.99]).violations == ["/price: decimals"])
                #expect(try await bulk([plan], ["price": 9.99]).json["count"] == 1)
                #expect(try await bulk([whole], ["currencyId": .string(yen)]).json["count"] == 1)
            }
        }

        @Test func `a plan that is too deep for an event is refused`() async throws {
            try await TestService.run { service in
                var nested: JSONValue = 1
                for _ in 0..<58 { nested = [nested] }
                let plan = try await service.plan(metaData: ["a": nested])
                let refused = try await service.subscribe(to: plan)
                #expect(refused.status == 422)
                #expect(refused.violations == ["/planId: plan"])
                #expect(try await service.database.count("SELECT count(*) FROM main.subscriptions") == 0)
            }
        }

        @Test func `metaData that is longer in the database than in a request is read`() async throws {
            try await TestService.run { service in
                // A blank behind each comma makes more than a mebibyte of it.
                let numbers = JSONValue.array(Array(repeating: 1, count: 400_000))
                let plan = try await service.plan(metaData: ["numbers": numbers])
                #expect(try await service.send("PATCH", "/plans/\(plan)", ["price": 60]).status == 204)
                let refused = try await service.subscribe(to: plan)
                #expect(refused.status == 422, "\(refused.text)")
                #expect(refused.violations == ["/planId: plan"])
            }
        }

        @Test func `the subscriptions to a plan come in pages`() async throws {
            try await TestService.run(environment: ["QUERY_DEFAULT_LIMIT": "2"]) { service in
                let plan = try await service.plan()
                var ids: Set<String> = []
                for _ in 0..<5 { ids.insert(try await service.subscription(to: plan)) }
                _ = try await service.subscription(to: try await service.plan())
                var next: String? = "/plans/\(plan)/subscriptions"
                var seen: [String] = []
                while let path = next {
                    let page = try await service.send("GET", path, headers: ["Prefer": "count=exact"])
                    #expect(page.status == 200, "\(page.text)")
                    #expect(page.totalCount == "5")
                    let rows = page.json.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
                    #expect(rows.count <= 2)
                    seen += rows
                    next = page.nextPage
                }
                #expect(seen.count == 5)
                #expect(Set(seen) == ids)
                #expect(
                    try await service.send("GET", "/plans/\(plan)/subscriptions?cursor=x").status == 400)
            }
        }

        @Test(
            arguments: [
                ("/billing-cycles", ["cycleName": "X", "duration": 0, "durationUnit": "day"], "/duration: minimum"),
                ("/billing-cycles", ["cycleName": "X", "duration": 1.5, "durationUnit": "day"], "/duration: type"),
                (
                    "/billing-cycles", ["cycleName": "X", "duration": 1, "durationUnit": "moon"],
                    "/durationUnit: pattern"
                ),
                ("/currencies", ["currencyCode": "EURO", "currencyName": "x"], "/currencyCode: maxLength"),
                ("/resources", ["name": "x", "config": "y"], "/config: type"), ("/services", [:], ": required"),
            ] as [(String, JSONValue, String)])
        func `other invalid rows are refused with the field`(path: String, body: JSONValue, violation: String)
            async throws
        {
            try await TestService.run { service in
                let response = try await service.send("POST", path, body)
                #expect(response.status == 422)
                #expect(response.violations.first == violation)
            }
        }

        @Test func `a user whose id is not a UUID can write`() async throws {
            try await TestService.run { service in
                let token = try await service.token(user: "test")
                let response = try await service.send("POST", "/services", ["name": "Mail"], token: token)
                #expect(response.status == 201)
                #expect(response.json["createdBy"] == .null)
                #expect(try await service.send("POST", "/plan-sizes", ["size": "S"], token: token).status == 201)
            }
        }

        @Test func `a second currency of one code is a conflict`() async throws {
            try await TestService.run { service in
                let response = try await service.send(
                    "POST", "/currencies", ["currencyCode": "USD", "currencyName": "Dollar"])
                #expect(response.status == 409)
                #expect(response.message.contains("currency_code"))
            }
        }
    }
}

extension JSONObject {
    /// Without the members that are null, which requests do not accept.
    var withoutNulls: JSONObject {
        JSONObject(filter { !$0.value.isNull }.map { ($0.key, $0.value) })
    }
}
