import JSONCoding
import Primitives
import ServiceKit
import Testing

@testable import Subscription

extension ServiceTests {
    /// Whatever is sent, the answer says what is wrong with it; it is never the server's fault.
    @Suite struct HostileInput {
        /// Values that a field might not expect, of every JSON type.
        private static let values: [JSONValue] = [
            .null, true, -1, 0, 1.5, "", "\u{0}", "\u{FFFF}", .string(String(repeating: "x", count: 5000)), [], [1],
            [:],
            ["\u{0}": "\u{0}"], .identifier(.v4()), "2026-02-30", "9999-12-31", "0000-00-00",
            .number(JSONNumber(checkedForTest: "99999999999999999999999999")),
            .number(JSONNumber(checkedForTest: "1e400")), .number(JSONNumber(checkedForTest: "1e-400")),
        ]

        @Test func `no value in any field causes a server error`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let subscription = try await service.subscription(to: plan)
                let currency = try await service.currency("USD")
                let cycle = try await service.cycle("MONTHLY")
                let bodies: [(path: String, id: String?, body: JSONObject)] = [
                    (
                        "/plans", plan,
                        [
                            "name": "P", "description": "d", "tier": "BASIC", "size": "M", "price": 5, "metaData": [:],
                            "currencyId": .string(currency), "billingCycleId": .string(cycle),
                        ]
                    ),
                    ("/plan-sizes", nil, ["size": "M", "config": [:]]),
                    ("/currencies", nil, ["currencyCode": "CHF", "currencyName": "x", "symbol": "x", "country": "x"]),
                    (
                        "/billing-cycles", nil,
                        ["cycleName": "x", "duration": 1, "durationUnit": "day", "description": "x"]
                    ),
                    ("/resources", nil, ["name": "x", "config": [:]]), ("/services", nil, ["name": "x"]),
                    (
                        "/subscriptions", subscription,
                        [
                            "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 0,
                            "startDate": "2026-01-31", "endDate": "2026-02-28",
                        ]
                    ),
                ]
                for (path, id, body) in bodies {
                    let target = "\(path)/\(id ?? Identifier.v4().description)"
                    for (name, _) in body {
                        for value in Self.values {
                            var changed = body
                            changed[name] = value
                            for (method, path) in [("POST", path), ("PUT", target), ("PATCH", target)] {
                                let sent: JSONObject = method == "PATCH" ? JSONObject([(name, value)]) : changed
                                let answer = try await service.send(method, path, .object(sent))
                                #expect(answer.status < 500, "\(method) \(path) \(name) \(value): \(answer.text)")
                            }
                        }
                    }
                }
            }
        }

        @Test func `no query causes a server error`() async throws {
            try await TestService.run { service in
                let paths = [
                    "/plans/x", "/plans/%00", "/plans/x/subscriptions", "/subscriptions/%F0/invoice",
                    "/plans?filter=%7B", "/plans?filter[where][price]=x", "/plans?filter[order]=price%20sideways",
                    "/plans?filter[include]=nothing", "/subscriptions?filter[limit]=-1", "/subscriptions/count?where=1",
                    "/subscriptions/expired?days=%00", "/subscriptions/expired?days=1&days=x",
                    "/subscriptions/expire-soon?filter=%7B", "/plans?filter[where][name][regexp]=%28",
                    "/plans?filter[where][metaData][like]=x", "/plans?filter[where][name]=%00",
                ]
                for path in paths {
                    let answer = try await service.send("GET", path)
                    #expect(answer.status < 500, "\(path): \(answer.text)")
                }
                for path in ["/plans", "/subscriptions", "/subscriptions?where={}"] {
                    for body in [.null, 1, "x", [], [[:]], [:]] as [JSONValue] {
                        for method in ["POST", "PATCH"] {
                            let answer = try await service.send(method, path.escaped, body)
                            #expect(answer.status < 500, "\(method) \(path) \(body): \(answer.text)")
                        }
                    }
                }
            }
        }
    }
}

extension JSONNumber {
    /// A number whose text is known to be one.
    fileprivate init(checkedForTest literal: String) {
        self = JSONNumber(literal: literal) ?? JSONNumber(0)
    }
}
