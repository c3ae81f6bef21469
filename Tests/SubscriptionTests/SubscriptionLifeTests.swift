import JSONCoding
import MessageBus
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import Subscription

extension ServiceTests {
    /// Stories of subscriptions that the engine bills. They lie in a future that ends in the tests, so that no worker, which goes by the
    /// clock of the database, finds anything due.
    @Suite struct SubscriptionLife {
        private struct Story {
            let service: TestService
            let path: String

            /// - Parameter members: Beside subscriber, plan and status, which is ACTIVE.
            init(_ service: TestService, plan: String, _ members: JSONObject) async throws {
                self.service = service
                var body: JSONObject = [
                    "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 1,
                ]
                for (name, value) in members { body[name] = value }
                let created = try await service.send("POST", "/subscriptions", .object(body))
                try #require(created.status == 201, "\(created.text)")
                path = "/subscriptions/\(try #require(created.json["id"]?.stringValue))"
            }

            func now(_ instant: String) throws { service.clock.set(try #require(Timestamp(iso8601: instant))) }

            func act(_ action: String, _ body: JSONValue = [:], status: Int = 200) async throws -> JSONValue {
                let response = try await service.send("POST", "\(path)/\(action)", body)
                #expect(response.status == status, "\(action): \(response.text)")
                return response.json
            }

            func preview(_ action: String, _ body: JSONValue = [:]) async throws -> JSONValue {
                let response = try await service.send("POST", "\(path)/\(action)?preview=true", body)
                #expect(response.status == 200, "\(action): \(response.text)")
                return response.json
            }

            func row() async throws -> JSONValue { try await service.send("GET", path).json }

            func changes() async throws -> [JSONValue] {
                try await service.send("GET", "\(path)/changes").json.arrayValue ?? []
            }

            /// The totals of all invoices in minor units, in their order.
            /// The invoice of a subscription that the engine took over has no ordinal.
            func totals() async throws -> [Int] {
                try await service.database.query(
                    "SELECT total FROM main.invoice WHERE subscription_id = $1::uuid ORDER BY ordinal NULLS FIRST",
                    [.text(String(path.split(separator: "/")[1]))]
                ).rows.map { try $0.int(0) }
            }
        }

        private static func total(_ result: JSONValue, _ member: String = "invoices") -> [Int] {
            (result[member]?.arrayValue ?? []).compactMap { $0["totalMinor"]?.intValue }
        }

        @Test func `seats are added in the middle of a month, exactly as previewed`() async throws {
            try await TestService.run(at: "2037-01-31T10:00:00.000Z") { service in
                let story = try await Story(service, plan: try await service.plan(price: 31), ["quantity": "2"])
                #expect(try await story.totals() == [6200])
                let created = try await story.row()
                #expect(created["endDate"] == "2037-02-28" && created["startDate"] == "2037-01-31")
                #expect(created["invoiceId"]?.stringValue != nil)
                try story.now("2037-02-14T09:00:00.000Z")
                let change: JSONObject = ["quantity": "3"]
                let preview = try await story.preview("change", .object(change))
                // 14 of 28 days of one seat.
                #expect(Self.total(preview) == [1550])
                #expect(preview["upcoming"]?["totalMinor"] == 9300 && preview["upcoming"]?["issuedOn"] == "2037-02-28")
                #expect(try await story.totals() == [6200])
                var confirmed = change
                confirmed["token"] = preview["token"]
                var other = confirmed
                other["quantity"] = "4"
                #expect(
                    try await story.act("change", .object(other), status: 409)["error"]?["code"] == "PREVIEW_OUTDATED")
                let done = try await story.act("change", .object(confirmed))
                #expect(done["invoices"] == preview["invoices"] && done["preview"] == false)
                #expect(done["invoiceIds"]?.arrayValue?.count == 1)
                #expect(try await story.totals() == [6200, 1550])
                // Another change on the same day has an invoice of its own; a downgrade waits for the end of the period.
                #expect(Self.total(try await story.act("change", ["quantity": "4"])) == [1550])
                let less = try await story.act("change", ["quantity": "1"])
                #expect(Self.total(less) == [])
                #expect(less["change"]?["effectiveOn"] == "2037-02-28" && less["change"]?["state"] == "scheduled")
                #expect(less["upcoming"]?["totalMinor"] == 3100)
                // After the renewal day: the next action finds it done.
                try story.now("2037-03-01T00:00:00.000Z")
                #expect(Self.total(try await story.act("change", ["quantity": "2", "policy": "none"])) == [])
                #expect(try await story.totals() == [6200, 1550, 1550, 3100])
                #expect(try await story.row()["endDate"] == "2037-03-31")
                #expect(try await story.changes().map { $0["state"] } == ["applied", "applied", "applied", "applied"])
                let changed = try await service.events(
                    EventType.subscriptionChanged, of: try #require(story.row()["id"]?.stringValue))
                #expect(changed >= 4)
            }
        }

        @Test func `a trial is followed by a cancellation that is taken back, a pause, and the end`() async throws {
            try await TestService.run(at: "2037-01-01T10:00:00.000Z") { service in
                let story = try await Story(
                    service, plan: try await service.plan(price: 28),
                    ["trial": ["days": 31], "coupon": ["type": "percent", "value": "50", "periods": 1]])
                #expect(try await story.totals() == [])
                #expect(try await story.row()["endDate"] == "2037-02-01")
                #expect(try await service.send("GET", "\(story.path)/invoice").status == 404)
                try story.now("2037-02-02T10:00:00.000Z")
                // Half of the first period.
                let canceled = try await story.act("cancel")
                #expect(canceled["change"]?["effectiveOn"] == "2037-03-01" && canceled["upcoming"] == nil)
                #expect(try await story.totals() == [1400])
                #expect(try await story.act("cancel", [:], status: 409)["error"]?["code"] == "SUBSCRIPTION_STATE")
                #expect(try await story.act("uncancel")["upcoming"]?["totalMinor"] == 2800)
                _ = try await story.act("uncancel", [:], status: 409)
                try story.now("2037-02-15T10:00:00.000Z")
                // 14 of 28 days, less the coupon: credit for the next invoice.
                let paused = try await story.act("pause")
                #expect(paused["subscription"]?["status"] == 2)
                #expect(paused["invoices"]?[0]?["creditBalance"] == "7.00")
                let refused = try await story.act("pause", [:], status: 409)
                let legal = refused["error"]?["details"]?[0]?["info"]?["legal"]
                #expect(legal == ["change", "cancel", "uncancel", "resume"])
                let patched = try await service.send("PATCH", story.path, ["status": 1])
                #expect(patched.status == 409 && patched.json["error"]?["code"] == "SUBSCRIPTION_BILLED")
                #expect(try await service.send("PATCH", story.path, ["endDate": "2040-01-01"]).status == 409)
                try story.now("2037-03-17T10:00:00.000Z")
                // 15 of 31 days of March at 28.00 are 13.55, of which 7.00 are paid by the credit.
                #expect(Self.total(try await story.act("resume")) == [655])
                #expect(Self.total(try await story.act("cancel", ["policy": "prorate_now"])) == [0])
                #expect(try await story.row()["status"] == 3)
                let gone = try await story.act("resume", [:], status: 409)
                #expect(gone["error"]?["details"]?[0]?["info"]?["legal"] == [])
            }
        }

        @Test func `a term ends, and begins again when it is renewed`() async throws {
            try await TestService.run(at: "2037-01-31T10:00:00.000Z") { service in
                let plan = try await service.plan(price: 10)
                let story = try await Story(
                    service, plan: plan, ["term": ["periods": 2], "timeZone": "America/Denver"])
                #expect(try await story.row()["endDate"] == "2037-03-31")
                #expect(try await story.act("renew", ["periods": 1])["subscription"]?["endDate"] == "2037-04-30")
                try story.now("2037-05-02T10:00:00.000Z")
                let paused = try await story.act("pause", [:], status: 409)
                #expect(paused["error"]?["details"]?[0]?["info"]?["legal"] == ["renew"])
                // What was due is not lost by an action that is refused.
                #expect(try await service.send("PATCH", "/plans/\(plan)", ["price": 12]).status == 204)
                let renewed = try await story.act("renew")
                #expect(Self.total(renewed) == [1200])
                #expect(renewed["subscription"]?["status"] == 1)
                #expect(renewed["subscription"]?["endDate"] == "2037-07-02")
                #expect(try await story.totals() == [1000, 1000, 1000, 1200])
            }
        }

        @Test func `what is scheduled is listed, edited and canceled`() async throws {
            try await TestService.run(at: "2037-01-01T10:00:00.000Z") { service in
                let dear = try await service.plan(price: 62, metaData: ["changes": ["downgrade": "forbidden"]])
                let cheap = try await service.plan(price: 31)
                let story = try await Story(service, plan: cheap, [:] as JSONObject)
                _ = try await story.act("change", ["planId": .string(dear), "at": "2036-12-31"], status: 422)
                _ = try await story.act("change", ["planId": .string(cheap)], status: 422)
                let scheduled = try await story.act("change", ["planId": .string(dear), "at": "2037-01-11"])
                let id = try #require(scheduled["change"]?["id"]?.stringValue)
                #expect(scheduled["upcoming"]?["issuedOn"] == "2037-01-11")
                #expect(scheduled["upcoming"]?["totalMinor"] == 2100)
                let path = "\(story.path)/changes/\(id)"
                #expect(try await service.send("PATCH", path, ["at": "2037-01-01"]).status == 422)
                #expect(try await service.send("PATCH", path, ["policy": "sometimes"]).status == 422)
                let edited = try await service.send(
                    "PATCH", path, ["at": "2037-01-21"], headers: ["prefer": "return=representation"])
                #expect(edited.json["effectiveOn"] == "2037-01-21", "\(edited.text)")
                // Somebody who has not seen that edit neither edits nor cancels.
                let current = try await service.send("GET", path)
                #expect(current.eTag == edited.eTag)
                for method in ["PATCH", "DELETE"] {
                    let body: JSONValue? = method == "PATCH" ? ["at": "2037-01-25"] : nil
                    for tag in ["\"1\"", "\"999\""] {
                        let stale = try await service.send(method, path, body, headers: ["if-match": tag])
                        #expect(stale.status == 412, "\(method) \(tag): \(stale.text)")
                    }
                }
                let tag = try #require(current.eTag)
                #expect(
                    try await service.send("PATCH", path, ["at": "2037-01-21"], headers: ["if-match": tag]).status
                        == 204)
                let ownUser = try await service.token(tenant: TestService.tenantA)
                #expect(try await service.send("GET", path, token: ownUser).status == 200)
                #expect(try await service.send("DELETE", path, token: ownUser).status == 403)
                let other = try await service.token(tenant: TestService.tenantB)
                #expect(try await service.send("GET", path, token: other).status == 404)
                #expect(try await service.send("DELETE", path).status == 204)
                #expect(try await service.send("DELETE", path).status == 409)
                let again = try await story.act("change", ["planId": .string(dear), "at": "2037-01-11"])
                #expect(again["change"]?["effectiveOn"] == "2037-01-11")
                try story.now("2037-01-12T10:00:00.000Z")
                let refused = try await story.act("change", ["planId": .string(cheap)], status: 409)
                #expect(refused["error"]?["code"] == "PLAN_CHANGE_NOT_ALLOWED")
                // A refused action stores nothing; what is due comes with the next one, or with the calendar.
                _ = try await story.act("change", ["quantity": "2", "policy": "at_period_end"])
                #expect(try await story.changes().map { $0["state"] } == ["canceled", "applied", "scheduled"])
                let totals = try await story.totals()
                #expect(totals == [3100, 2100])
                #expect(try await story.row()["planId"] == .string(dear))
                // Before the start terms are agreed on anew, which must not lose what is scheduled.
                let future = try await Story(service, plan: cheap, ["start": "2037-03-01"])
                _ = try await future.act("change", ["quantity": "2", "at": "2037-04-01"])
                let lost = try await future.act("change", ["quantity": "3"], status: 409)
                #expect(lost["error"]?["code"] == "SUBSCRIPTION_STATE")
                let far = try await service.send(
                    "POST", "\(future.path)/change", ["quantity": "4", "at": "9999-12-31"])
                #expect(far.status == 422 && far.violations == ["/at: subscription"], "\(far.text)")
            }
        }

        @Test func `drafts are issued by the activation, and nothing is billed on a day before one that is settled`()
            async throws
        {
            try await TestService.run(at: "2037-01-31T10:00:00.000Z") { service in
                let plan = try await service.plan(price: 331)
                let subscribed = try await service.send(
                    "POST", "/subscriptions",
                    [
                        "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 0,
                        "quantity": "2",
                    ])
                let id = try #require(subscribed.json["id"]?.stringValue, "\(subscribed.text)")
                func invoices() async throws -> [String] {
                    try await service.database.texts(
                        """
                        SELECT concat_ws(' ', ordinal, invoice_status, number, total, issued_on, due_on) FROM main.invoice
                        ORDER BY ordinal
                        """)
                }
                func change(_ quantity: String) async throws -> TestResponse {
                    try await service.send("POST", "/subscriptions/\(id)/change", ["quantity": .string(quantity)])
                }
                #expect(try await invoices().map { $0.hasPrefix("1 draft 66200") } == [true])
                service.clock.set(try #require(Timestamp(iso8601: "2037-02-02T10:00:00.000Z")))
                let active = try await service.send("POST", "/subscriptions/\(id)/activate", [:])
                #expect(active.status == 200 && active.json["invoices"] == [], "\(active.text)")
                #expect(try await invoices() == ["1 open INV-000001 66200 2037-02-02 2037-02-16"])
                let owed = "SELECT sum(amount)::integer FROM main.ledger_entries WHERE account = 'receivable'"
                #expect(try await service.database.count(owed) == 66200)
                // A node whose clock is behind, or a request that has waited over midnight.
                service.clock.set(try #require(Timestamp(iso8601: "2037-02-01T10:00:00.000Z")))
                #expect(try await change("3").status == 503)
                service.clock.set(try #require(Timestamp(iso8601: "2037-02-14T10:00:00.000Z")))
                let large = try await change("999999999999999999999999.999999999999")
                #expect(large.status == 422 && large.violations == ["/quantity: subscription"], "\(large.text)")
                #expect(Self.total(try await change("3").json) == [16_550])
                #expect(try await invoices().count == 2)
            }
        }

        @Test func `what was free is billed from its first change on`() async throws {
            try await TestService.run(at: "2037-01-31T10:00:00.000Z") { service in
                let id = try await service.subscription(to: try await service.plan(price: 0), status: 1)
                service.clock.set(try #require(Timestamp(iso8601: "2037-02-14T10:00:00.000Z")))
                let change: JSONValue = ["planId": .string(try await service.plan(price: 28))]
                let changed = try await service.send("POST", "/subscriptions/\(id)/change", change)
                // 14 of 28 days.
                #expect(Self.total(changed.json) == [1400], "\(changed.text)")
                #expect(changed.json["invoiceIds"]?.arrayValue?.count == 1)
                let stored =
                    "SELECT sum(total)::integer FROM main.invoice WHERE ordinal = 1 AND invoice_status = 'open'"
                #expect(try await service.database.count(stored) == 1400)
            }
        }

        @Test func `a subscription of one period becomes one that the engine bills by its first action`() async throws {
            try await TestService.run(at: "2037-01-31T10:00:00.000Z") { service in
                let id = try await service.subscription(to: try await service.plan(price: 28))
                let path = "/subscriptions/\(id)"
                #expect(try await service.send("POST", "\(path)/pause", [:]).status == 409)
                let active = try await service.send("POST", "\(path)/activate", [:])
                #expect(active.json["subscription"]?["status"] == 1, "\(active.text)")
                #expect(active.json["invoices"] == [])
                #expect(try await service.events(EventType.subscriptionActivated, of: id) == 1)
                let renewed = try await service.send("POST", "\(path)/renew", [:])
                #expect(renewed.json["upcoming"]?["issuedOn"] == "2037-02-28", "\(renewed.text)")
                service.clock.set(try #require(Timestamp(iso8601: "2037-02-14T10:00:00.000Z")))
                let more = try await service.send("POST", "\(path)/change", ["quantity": "2"])
                #expect(Self.total(more.json) == [1400], "\(more.text)")
            }
        }

        @Test func `of 64 concurrent callers as many succeed as the quota allows`() async throws {
            try await TestService.run(at: "2037-01-31T10:00:00.000Z", environment: ["SUBSCRIPTION_QUOTA": "5"]) {
                service in
                let plan = try await service.plan()
                let body: JSONValue = [
                    "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 1,
                    "quantity": "2",
                ]
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<64 { group.addTask { try await service.send("POST", "/subscriptions", body).status } }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(statuses.filter { $0 == 201 }.count == 5 && statuses.filter { $0 == 409 }.count == 59)
                #expect(try await service.database.count("SELECT count(*) FROM main.invoice") == 5)
                // A pause gives a place back, and whoever resumes needs one.
                let rows = try await service.send("GET", "/subscriptions").json.arrayValue ?? []
                let path = "/subscriptions/\(try #require(rows.first?["id"]?.stringValue))"
                #expect(try await service.send("POST", "\(path)/pause", [:]).status == 200)
                #expect(try await service.send("POST", "/subscriptions", body).status == 201)
                let full = try await service.send("POST", "\(path)/resume", [:])
                #expect(full.status == 409 && full.json["error"]?["code"] == "SUBSCRIPTION_QUOTA_EXCEEDED")
            }
        }

        @Test func `terms that make no sense are refused with the member`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let cases: [(JSONObject, String)] = [
                    (["timeZone": "Mars/Base"], "/timeZone"), (["quantity": "many"], "/quantity"),
                    (["trial": ["days": 1, "until": "2037-03-01"]], "/trial"),
                    (["coupon": ["type": "percent", "value": "101"]], "/coupon/value"),
                    (["collection": "someday"], "/collection"), (["start": "2037-02-30"], "/start"),
                    (["quantity": "1", "invoiceId": "in_1"], "/invoiceId"),
                ]
                for (members, pointer) in cases {
                    var body: JSONObject = [
                        "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 1,
                    ]
                    for (name, value) in members { body[name] = value }
                    let refused = try await service.send("POST", "/subscriptions", .object(body))
                    #expect(refused.status == 422, "\(members): \(refused.text)")
                    #expect(refused.violations.contains { $0.hasPrefix(pointer) }, "\(members): \(refused.text)")
                }
                let ownUser = try await service.token(tenant: TestService.tenantA)
                let free: JSONValue = [
                    "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 0,
                    "trial": ["days": 3650],
                ]
                #expect(try await service.send("POST", "/subscriptions", free, token: ownUser).status == 403)
                #expect(try await service.database.count("SELECT count(*) FROM main.subscriptions") == 0)
            }
        }
    }
}
