import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import TestSupport
import Testing

/// Deliveries of webhooks: what receivers get, and what becomes of them with receivers of every kind.
@Suite struct WebhookDeliveryTests {
    @Test func `receivers verify what they get, also while a secret is rotated`() async throws {
        try await WebhookWorld.run { world in
            let types: JSONValue = ["TENANT_CREATED"]
            let hmac = try await world.endpoint("hmac", ["eventTypes": types])
            let ed25519 = try await world.endpoint("ed25519", ["eventTypes": types, "signing": "ed25519"])
            let tenant = try await world.stack.createTenantID()
            for (name, endpoint) in [("hmac", hmac), ("ed25519", ed25519)] {
                let got = try await eventually("the event arrives") { world.receiver.received(at: "/\(name)").first }
                #expect(got.json["type"] == "TENANT_CREATED" && got.json["tenantId"] == .string(tenant))
                #expect(got.json["data"] == ["tenantId": .string(tenant), "isBlocked": false])
                #expect(got.json["sequence"] != nil && got.headers["content-type"] == "application/json")
                let delivery = try await world.settled(endpoint, "SUCCEEDED")
                #expect(delivery.map { $0["id"] } == [.string(got.id)])
            }
            try await WebhookWorld.verify(world.receiver.received(at: "/hmac"), secrets: [hmac.secret])
            try await WebhookWorld.verify(world.receiver.received(at: "/ed25519"), publicKeys: [ed25519.publicKey])

            // Rotated to the other kind, with an overlap: receivers with the former and with the new key verify.
            let rotated = try await world.client.post(
                "\(hmac.path)/rotate", ["signing": "ed25519", "overlapSeconds": 600], token: world.admin
            ).expect(200)
            let both = try await world.test(hmac, "hmac")
            #expect(both.headers["webhook-signature"]?.split(separator: " ").count == 2)
            try await WebhookWorld.verify(
                [both], secrets: [hmac.secret], publicKeys: [try rotated.string("publicKey")])
            let third = try await world.client.post(
                "\(hmac.path)/rotate", ["signing": "hmac", "overlapSeconds": 600], token: world.admin
            ).expect(200)
            let all = try await world.test(hmac, "hmac")
            try await WebhookWorld.verify(
                [all], secrets: [hmac.secret, try third.string("secret")],
                publicKeys: [try rotated.string("publicKey")])
            // Without an overlap the former one is worthless at once.
            let last = try await world.client.post(
                "\(hmac.path)/rotate", ["overlapSeconds": 0], token: world.admin
            ).expect(200)
            let alone = try await world.test(hmac, "hmac")
            try await WebhookWorld.verify([alone], secrets: [try last.string("secret")])
            await #expect(throws: TestFailure.self) {
                try await WebhookWorld.verify([alone], secrets: [try third.string("secret")])
            }
        }
    }

    @Test func `a delivery that fails is tried again with the same id and body, and given up in the end`() async throws
    {
        try await WebhookWorld.run { world in
            world.receiver.answer { _ in
                .status(500, text: "no\u{1B}[31m\r\nway\u{202E}\0" + String(repeating: "x", count: 10_000))
            }
            let endpoint = try await world.endpoint("failing", ["eventTypes": ["TENANT_CREATED"]])
            _ = try await world.stack.createTenantID()
            let delivery = try await world.settled(endpoint, "FAILED")[0]
            let received = world.receiver.received(at: "/failing")
            try #require(received.count == 4, "one attempt and one for each delay")
            #expect(Set(received.map(\.id)).count == 1 && Set(received.map(\.body)).count == 1)
            #expect(delivery["attempts"] == 4 && delivery["lastStatus"] == 500)
            let log = try await world.log(received[0].id)
            #expect(log.map { $0["number"] } == [4, 3, 2, 1])
            #expect(log.allSatisfy { $0["httpStatus"] == 500 && $0["error"] == "answered 500" })
            let text = try #require(log[0]["response"]?.stringValue)
            #expect(text.hasPrefix("no [31m way xxx") && text.unicodeScalars.count == 500)

            // Once the receiver works again, it is replayed.
            world.receiver.answer { _ in .status(204) }
            try await world.client.post("/webhook-deliveries/\(received[0].id)/replay", token: world.admin).expect(200)
            _ = try await world.settled(endpoint, "SUCCEEDED")
            let last = try #require(world.receiver.received(at: "/failing").last)
            #expect(last.id == received[0].id && last.body == received[0].body)
            #expect(try await world.log(last.id).count == 5)
        }
    }

    @Test func `redirects are not followed, and long answers are cut`() async throws {
        try await WebhookWorld.run { world in
            let target = "\(world.url)/target"
            world.receiver.answer { got in
                switch got.path {
                case "/redirect": .status(307, headers: ["location": target])
                default: .status(200, text: String(repeating: "a", count: 3 << 20))
                }
            }
            let redirect = try await world.endpoint("redirect")
            let long = try await world.endpoint("long")
            try await world.test(redirect, "redirect")
            try await world.test(long, "long")
            _ = try await world.settled(redirect, "FAILED")
            #expect(world.receiver.received(at: "/target").isEmpty)
            let delivery = try await world.settled(long, "SUCCEEDED")[0]
            let id = try #require(delivery["id"]?.stringValue)
            #expect(try await world.log(id)[0]["response"]?.stringValue?.utf8.count == 500)
            let failed = try await world.deliveries(redirect)[0]
            #expect(failed["lastError"]?.stringValue?.contains("redirects are not followed") == true)
        }
    }

    @Test func `410 disables an endpoint, and what waits is delivered once it is enabled again`() async throws {
        try await WebhookWorld.run { world in
            let tenant = try await world.stack.createTenantID()
            let user = try await world.stack.tokens.userToken(tenant: tenant)
            let contact = "owner@\(TestStack.uniqueKey()).example.com"
            try await world.client.post(
                "/contacts",
                [
                    "firstName": "A", "lastName": "B", "email": .string(contact), "isPrimary": true,
                    "tenantId": .string(tenant),
                ], token: world.admin
            ).expect(201)
            let watcher = try await world.endpoint("watcher", ["eventTypes": ["WEBHOOK_ENDPOINT_DISABLED"]])
            world.receiver.answer { $0.path == "/gone" ? .status(410) : .status(200) }
            // No events of the tenant, which may still be on their way, besides the tests.
            let endpoint = try await world.endpoint("gone", ["eventTypes": ["SUBSCRIPTION_CREATED"]], token: user)
            try await world.test(endpoint, "gone")
            let disabled = try await eventually("the endpoint is disabled") {
                let row = try await world.client.get(endpoint.path, token: user).expect(200).json
                // Not `nil`, which is the JSON value null here.
                return row["isEnabled"] == false ? row : Optional.none
            }
            #expect(disabled["disabledReason"] == "GONE" && disabled["disabledOn"] != .null)
            let notice = try await eventually("the event arrives") {
                world.receiver.received(at: "/watcher").first
            }
            #expect(notice.json["data"]?["endpointId"] == .string(endpoint.id))
            #expect(notice.json["data"]?["reason"] == "GONE")
            #expect(!String(decoding: notice.body, as: UTF8.self).contains("/gone"), "no URL leaves")
            try await WebhookWorld.verify([notice], secrets: [watcher.secret])
            try await eventually("the owner gets a mail") {
                world.stack.mails.mails().contains { $0.contains(contact) && $0.contains("webhook endpoint") }
            }

            // Nothing is sent meanwhile, and nothing is lost.
            let count = world.receiver.received(at: "/gone").count
            try await world.client.post("\(endpoint.path)/test", token: user).expect(201)
            world.receiver.answer { _ in .status(200) }
            try await world.test(watcher, "watcher")
            #expect(world.receiver.received(at: "/gone").count == count)
            try await world.client.patch(endpoint.path, ["isEnabled": true], token: user).expect(204)
            #expect(try await world.settled(endpoint, "SUCCEEDED", count: 2).count == 2)
            let row = try await world.client.get(endpoint.path, token: user).expect(200).json
            #expect(row["disabledReason"] == .null && row["disabledOn"] == .null)
        }
    }

    @Test func `an endpoint that has only failed for days is disabled`() async throws {
        let environment = [
            "WEBHOOK_DISABLE_AFTER_DAYS": "2",
            "WEBHOOK_RETRY_DELAYS_SECONDS": Array(repeating: "1", count: 30).joined(separator: ","),
        ]
        try await WebhookWorld.run(environment: environment) { world in
            world.receiver.answer { _ in .status(503, headers: ["retry-after": "1"]) }
            let endpoint = try await world.endpoint("failing")
            try await world.test(endpoint, "failing")
            let database = try world.stack.database(.tenantManagement)
            try await eventually("the first failure is noted") {
                try await database.count(
                    "SELECT count(*) FROM main.webhook_queues WHERE failing_since IS NOT NULL") == 1
            }
            try await database.query(
                "UPDATE main.webhook_queues SET failing_since = failing_since - interval '3 days'")
            let disabled = try await eventually("the endpoint is disabled") {
                let row = try await world.client.get(endpoint.path, token: world.admin).expect(200).json
                // Not `nil`, which is the JSON value null here.
                return row["isEnabled"] == false ? row : Optional.none
            }
            #expect(disabled["disabledReason"] == "FAILING")
        }
    }

    /// The slow receiver holds all that it gets: the 4 of 8 places that one endpoint may have.
    @Test func `a slow receiver delays nobody else`() async throws {
        let environment = ["WEBHOOK_CONCURRENCY": "8", "WEBHOOK_TIMEOUT_SECONDS": "60"]
        try await WebhookWorld.run(environment: environment) { world in
            world.receiver.answer { $0.path == "/slow" ? .hold : .status(200) }
            let slow = try await world.endpoint("slow")
            let quick = try await world.endpoint("quick")
            for _ in 0..<50 {
                try await world.client.post("\(slow.path)/test", token: world.admin).expect(201)
            }
            try await eventually("the slow receiver has all its places") {
                world.receiver.received(at: "/slow").count == 4
            }
            for _ in 0..<10 { try await world.test(quick, "quick") }
            #expect(world.receiver.received(at: "/slow").count == 4, "and no more than them")
            world.receiver.release()
            #expect(try await world.settled(slow, "SUCCEEDED", count: 50).count == 50)
        }
    }

    /// Names are checked again where they lead: here one that creation could not know of.
    @Test func `a name that leads to this machine is not called`() async throws {
        try await WebhookWorld.run(
            environment: ["WEBHOOK_ALLOW_PRIVATE_ADDRESSES": "false", "WEBHOOK_RETRY_DELAYS_SECONDS": "1"]
        ) { world in
            let endpoint = try await world.client.post(
                "/webhook-endpoints", ["url": "https://hooks.example.com/", "isEnabled": false], token: world.admin
            ).expect(201).string("id")
            let local = world.url.replacing("127.0.0.1", with: "localhost")
            try await world.stack.database(.tenantManagement).query(
                "UPDATE main.webhook_endpoints SET url = $1, is_enabled = true", [.text("\(local)/inside")])
            let path = "/webhook-endpoints/\(endpoint)"
            let id = try await world.client.post("\(path)/test", token: world.admin).expect(201).string("id")
            try await eventually("the delivery is given up") {
                try await world.client.get("/webhook-deliveries/\(id)", token: world.admin).json["status"] == "FAILED"
            }
            #expect(world.receiver.received.isEmpty)
            let log = try await world.log(id)
            #expect(log.count == 2 && log.allSatisfy { $0["httpStatus"] == .null })
            #expect(log[0]["error"]?.stringValue?.contains("internal network") == true, "\(log)")
        }
    }

    @Test func `a range of events is replayed, also to an endpoint that was not there`() async throws {
        try await WebhookWorld.run { world in
            let first = try await world.endpoint("first", ["eventTypes": ["TENANT_CREATED"]])
            for _ in 0..<3 { _ = try await world.stack.createTenantID() }
            try await eventually("all arrive") { world.receiver.received(at: "/first").count == 3 }
            let late = try await world.endpoint("late", ["eventTypes": ["TENANT_CREATED"]])
            let range: JSONValue = [
                "from": "2020-01-01T00:00:00.000Z", "to": "2100-01-01T00:00:00.000Z", "reason": "New receiver",
            ]
            let replay = try await world.client.post("\(late.path)/replay", range, token: world.admin).expect(200)
            #expect(replay.json["count"] == 3)
            try await eventually("all arrive") { world.receiver.received(at: "/late").count == 3 }
            #expect(
                world.receiver.received(at: "/late").map { String(decoding: $0.body, as: UTF8.self) }.sorted()
                    == world.receiver.received(at: "/first").map { String(decoding: $0.body, as: UTF8.self) }.sorted())
            try await WebhookWorld.verify(world.receiver.received(at: "/late"), secrets: [late.secret])

            // To the first one: the same ids, bytes and deliveries again.
            _ = try await world.settled(first, "SUCCEEDED")
            try await world.client.post("\(first.path)/replay", range, token: world.admin).expect(200)
            try await eventually("all arrive again") { world.receiver.received(at: "/first").count == 6 }
            #expect(Set(world.receiver.received(at: "/first").map { "\($0.id) \($0.json)" }).count == 3)
            #expect(try await world.settled(first, "SUCCEEDED", count: 3).count == 3)
            let nothing = try await world.client.post(
                "\(first.path)/replay",
                [
                    "from": "2020-01-01T00:00:00.000Z", "to": "2100-01-01T00:00:00.000Z",
                    "eventTypes": ["SUBSCRIPTION_CREATED"],
                ], token: world.admin
            ).expect(200)
            #expect(nothing.json["count"] == 0)
            let backward = try await world.client.post(
                "\(first.path)/replay", ["from": "2100-01-01T00:00:00.000Z", "to": "2020-01-01T00:00:00.000Z"],
                token: world.admin
            ).expect(422)
            #expect(backward.violations == ["/to: order"])
            #expect(
                try await world.stack.database(.tenantManagement).texts(
                    "SELECT reason FROM main.webhook_replays WHERE deliveries = 3 ORDER BY created_on")
                    == ["New receiver", "New receiver"])
        }
    }

    @Test func `the log is paged and filtered`() async throws {
        try await WebhookWorld.run { world in
            let endpoint = try await world.endpoint("log")
            for _ in 0..<5 { try await world.test(endpoint, "log") }
            _ = try await world.settled(endpoint, "SUCCEEDED")
            let page: JSONValue = ["where": ["status": "SUCCEEDED"], "limit": 2]
            var path = "\(endpoint.path)/deliveries?\(page.parameter())"
            var ids: [String] = []
            while true {
                let answer = try await world.client.get(path, token: world.admin).expect(200)
                ids += (answer.json.arrayValue ?? []).compactMap { $0["id"]?.stringValue }
                guard let link = answer.headers["link"] else { break }
                path = String(link.dropFirst().prefix { $0 != ">" })
            }
            #expect(ids.count == 5 && Set(ids).count == 5)
            let pending: JSONValue = ["status": "PENDING"]
            let count = try await world.client.get(
                "/webhook-deliveries/count?\(pending.parameter("where"))", token: world.admin
            ).expect(200)
            #expect(count.json["count"] == 0)
        }
    }
}
