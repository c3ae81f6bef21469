import JSONCoding
import PostgresTestSupport
import StackTestSupport
import Testing

/// What receivers of webhooks get when the sender dies.
@Suite struct WebhookCrashTests {
    @Test func `a delivery whose sender was killed is sent again with the same id and body`() async throws {
        try await WebhookReceiver.run { receiver, url in
            receiver.answer { _ in .hold }
            try await ProcessStack.run { stack in
                let service = try await stack.start(
                    .tenantManagement,
                    [
                        "WEBHOOK_ALLOW_HTTP": "true", "WEBHOOK_ALLOW_PRIVATE_ADDRESSES": "true",
                        "WEBHOOK_TIMEOUT_SECONDS": "60", "PROVISION_ON_CREATE": "false",
                    ])
                let endpoint = try await service.client.post(
                    "/webhook-endpoints", ["url": .string("\(url)/crash"), "eventTypes": ["TENANT_CREATED"]],
                    token: stack.admin
                ).expect(201).string("id")
                #expect(await stack.create(service.client).status == 201)
                // The receiver has the request, and nobody knows how it ends.
                try await eventually("the delivery arrives") { receiver.received.count == 1 }
                try await service.kill()
                // The lease of the dead process is over.
                try await stack.data.database(.tenantManagement).query(
                    """
                    WITH expired AS (UPDATE main.webhook_deliveries SET next_attempt_on = now() WHERE claim IS NOT NULL)
                    UPDATE main.webhook_queues SET due_on = now()
                    """)
                receiver.answer { _ in .status(200) }
                try await service.start()
                try await eventually("the delivery arrives once more") { receiver.received.count == 2 }
                let received = receiver.received
                #expect(received[0].id == received[1].id && received[0].body == received[1].body)
                try await eventually("it has succeeded") {
                    let deliveries = try await service.client.get(
                        "/webhook-endpoints/\(endpoint)/deliveries", token: stack.admin
                    ).expect(200).json
                    // The interrupted attempt has failed in no way, and is not counted.
                    return deliveries[0]?["status"] == "SUCCEEDED" && deliveries[0]?["attempts"] == 1
                }
            }
        }
    }

    @Test func `an outage of the database is no failed attempt, and no delivery is lost`() async throws {
        try await WebhookReceiver.run { receiver, url in
            try await ProcessStack.run { stack in
                let service = try await stack.start(
                    .tenantManagement,
                    [
                        "WEBHOOK_ALLOW_HTTP": "true", "WEBHOOK_ALLOW_PRIVATE_ADDRESSES": "true",
                        "PROVISION_ON_CREATE": "false",
                    ])
                let endpoint = try await service.client.post(
                    "/webhook-endpoints", ["url": .string("\(url)/outage")], token: stack.admin
                ).expect(201).string("id")
                let database = try stack.data.database(.tenantManagement)
                receiver.answer { _ in .hold }
                let id = try await service.client.post("/webhook-endpoints/\(endpoint)/test", token: stack.admin)
                    .expect(201).string("id")
                try await eventually("the delivery arrives") { receiver.received.count == 1 }
                try await database.setAway(true)
                receiver.release()
                try await eventually("the receiver has answered") { receiver.answeredLate == 1 }
                try await database.setAway(false)
                try await eventually("its outcome is recorded") {
                    let delivery = try? await service.client.get("/webhook-deliveries/\(id)", token: stack.admin)
                    return delivery?.json["status"] == "SUCCEEDED" && delivery?.json["attempts"] == 1
                }
                #expect(receiver.received.count == 1)
            }
        }
    }
}
