import JSONCoding
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

@testable import Subscription

extension ServiceTests {
    /// Stories of prices that change while tenants live on: each begins on 2026-01-31, and the tenants live on test clocks.
    @Suite struct CatalogStories {
        @Test func `a plan gets another price, and whoever has subscribed keeps the old one`() async throws {
            try await CatalogStory.run { story in
                let plan = try await story.service.plan(price: 100)
                let early = try await story.subscribe(TestService.tenantA, to: plan)
                #expect(try await story.totals(early) == ["10000 USD"])
                // In March it will cost more, and can be paid in euros and yen.
                let prices: JSONValue = [
                    ["currency": "USD", "amount": "120.00"], ["currency": "EUR", "amount": "110.00"],
                    ["currency": "JPY", "amount": "15000"],
                ]
                let draft = try await story.version(of: plan, ["name": "Spring", "prices": prices])
                #expect(draft.json["state"] == "draft" && draft.json["version"] == 1)
                let path = try #require(draft.location)
                let scheduled = try await story.service.send(
                    "PATCH", path, ["effectiveOn": "2026-03-01"], headers: ["prefer": "return=representation"])
                #expect(scheduled.json["state"] == "scheduled", "\(scheduled.text)")
                try await story.version(of: plan, ["effectiveOn": "2026-03-01", "prices": prices], 409)
                // Until then the row of the plan counts.
                let now = try await story.service.send("GET", "/plans/\(plan)/prices").json
                #expect(now["version"] == 0 && now["prices"] == [["currency": "USD", "amount": "100.00"]])
                let refused = try await story.subscribing(TestService.tenantB, to: plan, ["currency": "EUR"])
                #expect(refused.status == 422 && refused.violations == ["/currency: currency"], "\(refused.text)")

                try await story.advance(to: "2026-03-02")
                let then = try await story.service.send("GET", "/plans/\(plan)/prices").json
                #expect(then["version"] == 1 && then["prices"] == prices && then["effectiveOn"] == "2026-03-01")
                let euro = try await story.subscribe(
                    TestService.tenantB, to: plan, ["currency": "EUR", "quantity": "2"])
                #expect(try await story.totals(euro) == ["22000 EUR"])
                let yen = try await story.subscribe(TestService.tenantB, to: plan, ["currency": "JPY"])
                #expect(try await story.totals(yen) == ["15000 JPY"])
                let none = try await story.subscribing(TestService.tenantB, to: plan, ["currency": "GBP"])
                #expect(none.violations == ["/currency: currency"])
                // The original's way to subscribe has the new price, too, in the currency of the plan.
                let plain = try await story.service.subscription(TestService.tenantC, to: plan)
                #expect(try await story.totals(plain) == ["12000 USD"])
                // Whoever was there pays what was agreed.
                #expect(try await story.totals(early) == ["10000 USD", "10000 USD"])

                // The price of the row would count for nobody.
                let row = try await story.service.send("PATCH", "/plans/\(plan)", ["price": 150])
                #expect(row.status == 409 && row.json["error"]?["code"] == "PLAN_VERSIONED", "\(row.text)")
                #expect(try await story.service.send("PATCH", "/plans/\(plan)", ["price": 100]).status == 204)

                // What counts is never changed; what does not count yet is.
                for (method, body) in [("PATCH", ["name": "Other"] as JSONValue?), ("DELETE", nil)] {
                    let fixed = try await story.service.send(method, path, body)
                    #expect(fixed.json["error"]?["code"] == "VERSION_EFFECTIVE", "\(method): \(fixed.text)")
                }
                let later = try await story.version(of: plan, ["effectiveOn": "2026-05-01", "prices": prices])
                let second = try #require(later.location)
                #expect(try await story.service.send("DELETE", second).status == 204)
                #expect(
                    try await story.service.send("PATCH", second, ["name": "x"]).json["error"]?["code"]
                        == "VERSION_CANCELED")
                let again = try await story.version(of: plan, ["effectiveOn": "2026-05-01", "prices": prices])
                #expect(again.json["version"] == 3)
                let list = try await story.service.send("GET", "/plans/\(plan)/versions").json.arrayValue ?? []
                // Two were made at the same millisecond.
                let states = Dictionary(list.map { ($0["version"]?.intValue, $0["state"]?.stringValue) }) { one, _ in
                    one
                }
                #expect(states == [1: "scheduled", 2: "canceled", 3: "scheduled"])
                let own = try await story.service.token(tenant: TestService.tenantA)
                #expect(try await story.service.send("GET", path, token: own).status == 403)
                #expect(try await story.service.send("GET", "/plans/\(plan)/prices", token: own).status == 200)
            }
        }

        @Test func `prices that nobody can pay are refused with the place and the reason`() async throws {
            try await CatalogStory.run { story in
                let plan = try await story.service.plan()
                for (prices, violation) in [
                    ([["currency": "QQQ", "amount": "1"]], "/prices/0/currency: currency"),
                    ([["currency": "JPY", "amount": "1.5"]], "/prices/0/amount: amount"),
                    (
                        [["currency": "USD", "amount": "1"], ["currency": "USD", "amount": "2"]],
                        "/prices/1/currency: unique"
                    ), ([["currency": "USD", "amount": "-1"]], "/prices/0/amount: pattern"),
                    ([], "/prices: minItems"),
                ] as [(JSONValue, String)] {
                    #expect(try await story.version(of: plan, ["prices": prices], 422).violations == [violation])
                }
                let prices: JSONValue = [["currency": "KWD", "amount": "1.234"]]
                let past = try await story.version(of: plan, ["effectiveOn": "2026-01-30", "prices": prices], 422)
                #expect(past.violations == ["/effectiveOn: past"])
                let today = try await story.version(of: plan, ["effectiveOn": "2026-01-31", "prices": prices])
                #expect(today.status == 201)
                let dinar = try await story.subscribe(TestService.tenantA, to: plan, ["currency": "KWD"])
                #expect(try await story.totals(dinar) == ["1234 KWD"])
                // The plan has no price in its own currency any more.
                let refused = try await story.service.subscribe(TestService.tenantB, to: plan)
                #expect(refused.violations == ["/currency: currency"], "\(refused.text)")
            }
        }

        @Test func `a plan is repriced for its subscribers, exactly as the dry run has said`() async throws {
            try await CatalogStory.run { story in
                let plan = try await story.service.plan(price: 100)
                let one = try await story.subscribe(TestService.tenantA, to: plan, ["quantity": "2"])
                let more = try await story.subscribe(TestService.tenantB, to: plan, ["quantity": "3"])
                let ending = try await story.subscribe(TestService.tenantB, to: plan)
                _ = try await story.act(ending, "cancel")
                let euros: JSONValue = [["currency": "USD", "amount": "100"], ["currency": "EUR", "amount": "90"]]
                try await story.version(of: plan, ["effectiveOn": "2026-01-31", "prices": euros])
                let euro = try await story.subscribe(TestService.tenantB, to: plan, ["currency": "EUR"])
                // A draft can be tried, and not be done.
                let dollars: JSONValue = [["currency": "USD", "amount": "120.00"]]
                let draft = try await story.version(of: plan, ["prices": dollars])
                let path = try #require(draft.location)
                let plannedRun = try await story.reprice(path, dryRun: true)
                let early = try await story.service.send("POST", "\(path)/repricings", ["dryRun": false])
                #expect(early.json["error"]?["code"] == "VERSION_NOT_EFFECTIVE", "\(early.text)")
                let expected: JSONValue = [
                    [
                        "currency": "USD", "subscriptions": 2, "before": "500.00", "after": "600.00",
                        "difference": "100.00",
                    ]
                ]
                #expect(plannedRun.run["totals"] == expected && plannedRun.run["checked"] == 4)
                #expect(plannedRun.run["affected"] == 2 && plannedRun.run["skipped"] == 2)
                #expect(plannedRun.reasons == [ending: "ending", euro: "no_price"])
                #expect(Set(plannedRun.affected.values) == ["40.00 2026-02-28", "60.00 2026-02-28"])
                // Nothing has changed.
                #expect(try await story.service.send("GET", "/subscriptions/\(one)/changes").json == [])

                try await story.advance(to: "2026-02-14")
                #expect(try await story.service.send("PATCH", path, ["effectiveOn": "2026-02-14"]).status == 204)
                let made = try await story.reprice(path, dryRun: false)
                #expect(made.run["totals"] == expected && made.affected == plannedRun.affected)
                #expect(made.reasons == plannedRun.reasons)
                for subscription in [one, more] {
                    let changes = try await story.service.send("GET", "/subscriptions/\(subscription)/changes").json
                    #expect(changes[0]?["origin"] == "repricing" && changes[0]?["state"] == "scheduled", "\(changes)")
                    #expect(changes[0]?["planVersion"] == 2 && changes[0]?["effectiveOn"] == "2026-02-28")
                    #expect(try await story.notices(subscription) == 1)
                }
                // A worker that was killed begins again behind what it had stored last.
                let first = made.run["id"]?.stringValue ?? ""
                for cursor in ["NULL", "(SELECT min(subscription_id::text)::uuid FROM main.repriced_subscriptions)"] {
                    try await story.interrupt(first, behind: cursor)
                    let resumed = try await story.repriced("/repricings/\(first)")
                    #expect(resumed.run["totals"] == expected && resumed.affected == made.affected)
                    #expect(resumed.run["affected"] == 2 && resumed.run["skipped"] == 2, "\(resumed.run)")
                    #expect(try await story.notices(one) == 1)
                    let changes = try await story.service.send("GET", "/subscriptions/\(one)/changes").json
                    #expect(changes.arrayValue?.count == 1)
                }
                let over = try await story.service.send("POST", "/repricings/\(first)/cancel")
                #expect(over.json["error"]?["code"] == "REPRICING_OVER", "\(over.text)")
                // One that is canceled does nothing more, and says what it has done.
                try await story.interrupt(first, behind: "NULL", isDue: false)
                let canceled = try await story.service.send("POST", "/repricings/\(first)/cancel")
                #expect(canceled.json["state"] == "canceled" && canceled.json["totals"] == expected, "\(canceled.text)")
                #expect(canceled.json["affected"] == 2 && canceled.json["skipped"] == 2)
                // Once more does nothing more.
                let again = try await story.reprice(path, dryRun: false)
                #expect(again.affected.isEmpty && again.reasons[one] == "scheduled")
                try await story.advance(to: "2026-03-01")
                #expect(try await story.totals(one) == ["20000 USD", "24000 USD"])
                #expect(try await story.totals(more) == ["30000 USD", "36000 USD"])
                #expect(try await story.totals(ending) == ["10000 USD"])
                #expect(try await story.totals(euro) == ["9000 EUR", "9000 EUR"])
                let last = try await story.reprice(path, dryRun: false)
                #expect(last.affected.isEmpty && last.run["totals"] == [])
                let own = try await story.service.token(tenant: TestService.tenantA)
                let id = last.run["id"]?.stringValue ?? ""
                #expect(try await story.service.send("GET", "/repricings/\(id)", token: own).status == 403)
            }
        }

        @Test func `a subscriber who cannot be billed with the new price keeps nobody else waiting`() async throws {
            try await CatalogStory.run { story in
                let plan = try await story.service.plan(price: 1)
                let small = try await story.subscribe(TestService.tenantA, to: plan)
                let large = try await story.subscribe(TestService.tenantB, to: plan, ["quantity": "100000000"])
                // A hundred million of them is more than an amount can be.
                let prices: JSONValue = [["currency": "USD", "amount": "9999999999.99"]]
                let version = try await story.version(of: plan, ["effectiveOn": "2026-01-31", "prices": prices])
                for dryRun in [true, false] {
                    let repriced = try await story.reprice(try #require(version.location), dryRun: dryRun)
                    #expect(repriced.reasons == [large: "refused"] && Array(repriced.affected.keys) == [small])
                }
            }
        }

        @Test func `an add-on is attached in the middle of a period, counts, and is detached`() async throws {
            try await CatalogStory.run { story in
                let service = story.service
                let plan = try await service.plan(price: 28)
                let other = try await service.plan(price: 56)
                let seat = try await service.send("POST", "/features", ["name": "Seats", "key": "seats"])
                #expect(seat.status == 201)
                let seats = try await story.addOn(
                    "extra-seats", "14.00", ["maxQuantity": 5, "excludesPlans": [.string(other)]], ["seats": 10])
                let support = try await story.addOn("support", "1.00", ["requiresAddOns": [.string(seats)]])
                for (rules, violation) in [
                    (["requiresAddOns": [.identifier(.v4())]], "/rules/requiresAddOns: exists"),
                    (["requiresAddOns": [.string(support)]], "/rules/requiresAddOns: cycle"),
                    (["excludesAddOns": [.string(seats)]], "/rules/excludesAddOns: contradiction"),
                ] as [(JSONValue, String)] {
                    let refused = try await service.send("PATCH", "/add-ons/\(seats)", ["rules": rules])
                    #expect(refused.violations == [violation], "\(refused.text)")
                }
                let cycle = try await service.send("GET", "/plans/\(plan)").json["billingCycleId"] ?? .null
                for (members, violation) in [
                    (["once": true, "billingCycleId": cycle], "/billingCycleId: contradiction"),
                    (["once": true], nil), (["billingCycleId": cycle], "/billingCycleId: contradiction"),
                    (["once": false, "billingCycleId": cycle], nil), (["once": true], "/once: contradiction"),
                    (["once": false, "billingCycleId": nil], nil),
                ] as [(JSONValue, String?)] {
                    let changed = try await service.send("PATCH", "/add-ons/\(support)", members)
                    #expect(changed.status == (violation == nil ? 204 : 422))
                    #expect(changed.violations == [violation].compactMap(\.self), "\(members): \(changed.text)")
                }
                let id = try await story.subscribe(TestService.tenantA, to: plan)
                try await story.advance(to: "2026-02-14")
                for (body, pointer) in [
                    (["addOnId": .identifier(.v4())], "/addOnId"),
                    (["addOnId": .string(seats), "quantity": "6"], "/quantity"),
                    (["addOnId": .string(seats), "quantity": "0"], "/quantity"),
                ] as [(JSONValue, String)] {
                    let refused = try await story.act(id, "attach", body, status: 422)
                    #expect(refused["error"]?["details"]?[0]?["path"]?.stringValue == pointer, "\(refused)")
                }
                let needs = try await story.act(id, "attach", ["addOnId": .string(support)], status: 409)
                #expect(needs["error"]?["code"] == "ADD_ON_INCOMPATIBLE")
                // 14 of 28 days of two.
                let body: JSONObject = ["addOnId": .string(seats), "quantity": "2"]
                let preview = try await service.send("POST", "/subscriptions/\(id)/attach?preview=true", .object(body))
                #expect(preview.json["invoices"]?[0]?["totalMinor"] == 1400, "\(preview.text)")
                #expect(preview.json["upcoming"]?["totalMinor"] == 5600)
                var confirmed = body
                confirmed["token"] = preview.json["token"]
                let attached = try await story.act(id, "attach", .object(confirmed))
                #expect(attached["invoices"] == preview.json["invoices"])
                #expect(attached["invoices"]?[0]?["lines"]?[0]?["item"] == "extra-seats")
                let entitled = try await service.send("GET", "/entitlements/\(TestService.tenantA)?feature=seats")
                let feature = entitled.json["features"]?[0]
                #expect(feature?["value"] == "20" && feature?["reason"]?["source"] == "add_on", "\(entitled.text)")
                #expect(feature?["reason"]?["addOnId"]?.stringValue == seats)
                #expect(feature?["reason"]?["text"] == "The add-on Add-on extra-seats adds 2 × 10.")
                // The other one goes with it now, and it cannot go without it; nor does it go with the other plan.
                _ = try await story.act(id, "attach", ["addOnId": .string(support), "at": "2026-02-28"])
                for (action, body) in [
                    ("detach", ["addOnId": .string(seats)]), ("change", ["planId": .string(other)]),
                ] as [(String, JSONValue)] {
                    let refused = try await story.act(id, action, body, status: 409)
                    #expect(refused["error"]?["code"] == "ADD_ON_INCOMPATIBLE", "\(action): \(refused)")
                }
                _ = try await story.act(id, "detach", ["addOnId": .string(support)])
                try await story.advance(to: "2026-03-10")
                #expect(try await story.totals(id) == ["2800 USD", "1400 USD", "5600 USD"])
                let detached = try await story.act(id, "detach", ["addOnId": .string(seats)])
                #expect(detached["change"]?["effectiveOn"] == "2026-03-31", "\(detached)")
                #expect(detached["upcoming"]?["totalMinor"] == 2800)
                // It is there and paid until then: nobody pays twice.
                let twice = try await story.act(id, "attach", ["addOnId": .string(seats)], status: 409)
                #expect(twice["error"]?["code"] == "SUBSCRIPTION_STATE", "\(twice)")
                try await story.advance(to: "2026-04-01")
                #expect(try await story.totals(id) == ["2800 USD", "1400 USD", "5600 USD", "2800 USD"])
                let after = try await service.send("GET", "/entitlements/\(TestService.tenantA)?feature=seats")
                #expect(after.json["features"]?[0]?["reason"]?["source"] == "default", "\(after.text)")
                let price = try await service.send("GET", "/subscriptions/\(id)/price")
                #expect(price.json["addOns"] == [] && price.json["unitAmount"] == "28.00", "\(price.text)")
                // They were recurring revenue as long as they were there.
                let report = try await service.send("GET", "/reports/mrr?from=2026-01&to=2026-04&testClocks=true")
                let months = try #require(report.json.arrayValue, "\(report.text)")
                #expect(months.map { $0["expansion"]?.intValue } == [0, 2800, 0, 0], "\(report.text)")
                #expect(months.first?["closing"] == 2800 && months.last?["closing"] == 2800, "\(report.text)")
            }
        }

        @Test func `a price of its own ends, and what the plan costs by then comes back`() async throws {
            try await CatalogStory.run { story in
                let service = story.service
                let plan = try await service.plan(price: 100)
                let id = try await story.subscribe(TestService.tenantA, to: plan)
                try await story.advance(to: "2026-02-14")
                _ = try await story.act(id, "end-override", [:], status: 409)
                _ = try await story.act(id, "override", ["amount": "80.005"], status: 422)
                _ = try await story.act(id, "override", ["amount": "80", "until": "2026-02-14"], status: 422)
                let agreed = try await story.act(
                    id, "override", ["amount": "80.00", "until": "2026-04-15", "note": "Agreed on by phone"])
                #expect(agreed["change"]?["origin"] == "override" && agreed["change"]?["effectiveOn"] == "2026-02-28")
                #expect(agreed["upcoming"]?["totalMinor"] == 8000)
                try await story.advance(to: "2026-03-02")
                let own = try await service.token(tenant: TestService.tenantA)
                let price = try await service.send("GET", "/subscriptions/\(id)/price", token: own)
                #expect(price.json["unitAmount"] == "80.00" && price.json["reason"]?["source"] == "override")
                #expect(price.json["reason"]?["note"] == "Agreed on by phone", "\(price.text)")
                #expect(price.json["scheduled"]?[0]?["origin"] == "override_end")
                #expect(price.json["scheduled"]?[0]?["effectiveOn"] == "2026-04-30")
                // The plan gets another price meanwhile, also for those who have subscribed: it comes after the price of its own.
                let prices: JSONValue = [["currency": "USD", "amount": "120.00"]]
                let version = try await story.version(of: plan, ["effectiveOn": "2026-03-02", "prices": prices])
                let run = try await story.reprice(try #require(version.location), dryRun: false)
                #expect(run.affected == [id: "20.00 2026-04-30"], "\(run)")
                try await story.advance(to: "2026-05-01")
                #expect(try await story.totals(id) == ["10000 USD", "8000 USD", "8000 USD", "12000 USD"])
                let back = try await service.send("GET", "/subscriptions/\(id)/price")
                #expect(back.json["reason"]?["source"] == "plan" && back.json["reason"]?["planVersion"] == 1)
                #expect(back.json["unitAmount"] == "120.00" && back.json["scheduled"] == [], "\(back.text)")

                // Its end keeps nobody from canceling, and a cancellation does not make it last for ever.
                _ = try await story.act(id, "override", ["amount": "70.00", "until": "2027-01-01", "policy": "none"])
                let canceled = try await story.act(id, "cancel")
                #expect(canceled["change"]?["effectiveOn"] == "2026-05-31", "\(canceled)")
                _ = try await story.act(id, "uncancel")
                let until = try await service.send("GET", "/subscriptions/\(id)/price")
                #expect(until.json["scheduled"]?[0]?["effectiveOn"] == "2027-01-31", "\(until.text)")
                // One without an end stays, whatever becomes of the plan, until it is ended.
                _ = try await story.act(id, "override", ["amount": "90.00", "policy": "none"])
                let dearer = try await story.version(
                    of: plan, ["prices": [["currency": "USD", "amount": "130.00"]]])
                let skipped = try await story.reprice(try #require(dearer.location), dryRun: true)
                #expect(skipped.reasons == [id: "override"], "\(skipped)")
                _ = try await story.act(id, "end-override", ["policy": "none"])
                try await story.advance(to: "2026-06-01")
                #expect(try await story.totals(id).last == "12000 USD")
            }
        }
    }
}
