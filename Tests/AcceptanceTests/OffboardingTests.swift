import Crypto
import Foundation
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import TestSupport
import Testing

/// Off-boarding: grace period, removal by the orchestrator, certificate.
@Suite struct OffboardingTests {
    private static func request(
        _ tenant: String, graceDays: Int?, reason: String = "The contract has ended", _ stack: TestStack
    ) async throws -> TestResponse {
        var body: JSONObject = ["reason": .string(reason)]
        if let graceDays { body["graceDays"] = .integer(graceDays) }
        return try await stack.tenantManagement.post(
            "/tenants/\(tenant)/deprovision", .object(body), token: stack.admin)
    }

    private static func state(_ tenant: String, _ stack: TestStack) async throws -> String? {
        try await stack.tenantManagement.get("/tenants/\(tenant)/deprovision", token: stack.admin)
            .json["state"]?.stringValue
    }

    private static func events(_ tenant: String, _ stack: TestStack) async throws -> [String] {
        try await stack.database(.tenantManagement).texts(
            """
            SELECT type FROM main.outbox WHERE tenant_id = $1::uuid AND type LIKE 'TENANT_DEPROVISIONING%'
            ORDER BY position
            """, [.text(tenant)])
    }

    /// A tenant whose pipeline has reported resources.
    private static func provisioned(_ stack: TestStack) async throws -> String {
        let hook = try await TestWebhook.begin(stack)
        try await hook.send().expect(204)
        return hook.tenant
    }

    @Test func `an off-boarded tenant is inactive, without resources and subscriptions, and has a certificate`()
        async throws
    {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let tenant = try await Self.provisioned(stack)
            let plan = try await stack.plan(tier: "STANDARD")
            let subscription = try await stack.subscription.post(
                "/subscriptions", ["subscriberId": .string(tenant), "planId": .string(plan), "status": 0],
                token: stack.admin
            ).expect(201).string("id")
            let before = try await Self.request(tenant, graceDays: 0, stack).expect(202)
            #expect(before.json["state"] == "SCHEDULED" && before.json["reason"] == "The contract has ended")
            let hook = try await TestRemoval.begun(tenant, stack)
            #expect(try await stack.status(ofTenant: tenant) == 4)
            #expect(try await Self.state(tenant, stack) == "RUNNING")
            #expect(try await Self.request(tenant, graceDays: 0, stack).errorCode == "OFFBOARDING_EXISTS")
            for _ in 0..<2 { try await TestRemoval.report(hook).expect(204) }
            #expect(try await stack.status(ofTenant: tenant) == 5)
            #expect(try await Self.state(tenant, stack) == "DONE")
            #expect(
                try await Self.events(tenant, stack) == ["TENANT_DEPROVISIONING", "TENANT_DEPROVISIONING_SUCCESS"])
            let database = try stack.database(.tenantManagement)
            #expect(try await database.count("SELECT count(*) FROM main.resources WHERE NOT deleted") == 0)
            try await eventually("its subscription is canceled") {
                try await stack.subscription.get("/subscriptions/\(subscription)", token: stack.admin)
                    .json["status"] == 3
            }

            let path = "/tenants/\(tenant)/deprovision/certificate"
            let certificate = try await stack.tenantManagement.get(path, token: stack.admin).expect(200)
            #expect(certificate.json["tenantId"] == .string(tenant))
            let removed = certificate.json["removedResources"]?.arrayValue ?? []
            #expect(removed.compactMap { $0["type"]?.stringValue } == ["bucket"])
            var content = try #require(certificate.json.objectValue)
            let checksum = content["sha256"]?.stringValue
            content["sha256"] = nil
            let digest = SHA256.hash(data: Data(JSONValue.object(content).serialized()))
            #expect(checksum == Hex.encode(Array(digest)))
            let printed = try await stack.tenantManagement.get("\(path)/download", token: stack.admin).expect(200)
            #expect(printed.headers["content-type"] == "application/pdf")
            let words = try await PDFText.of(printed.bytes)
            for part in ["Certificate", tenant, "The contract has ended", "bucket", try #require(checksum)] {
                #expect(words.contains(part), "\(part) in \(words)")
            }

            // Nothing is left that it could return to.
            let back = try await stack.tenantManagement.patch(
                "/tenants/\(tenant)", ["status": 0], token: stack.admin)
            #expect(back.status == 409 && back.errorCode == "TENANT_OFFBOARDED")
            #expect(try await Self.request(tenant, graceDays: 0, stack).errorCode == "TENANT_OFFBOARDED")
            try await stack.tenantManagement.post(
                "/tenants/\(tenant)/provision", ["id": "1", "plan": ["tier": "BASIC"]], token: stack.admin
            ).expect(204)
            #expect(try await stack.status(ofTenant: tenant) == 2)
        }
    }

    @Test func `nothing happens before the grace period is over, and it can be canceled`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let tenant = try await Self.provisioned(stack)
            let first = try await Self.request(tenant, graceDays: nil, stack).expect(202)
            #expect(first.json["graceDays"] == 30)
            #expect(try await Self.request(tenant, graceDays: 30, stack).expect(202).json["id"] == first.json["id"])
            let other = try await Self.request(tenant, graceDays: 3, stack).expect(409)
            #expect(other.errorCode == "OFFBOARDING_EXISTS")
            let path = "/tenants/\(tenant)/deprovision"
            for _ in 0..<2 {
                let canceled = try await stack.tenantManagement.post(
                    "\(path)/cancel", ["note": "Renewed"], token: stack.admin
                ).expect(200)
                #expect(canceled.json["state"] == "CANCELED" && canceled.json["endNote"] == "Renewed")
            }
            let database = try stack.database(.tenantManagement)
            #expect(try await database.count("SELECT count(*) FROM main.offboardings WHERE due_at IS NOT NULL") == 0)
            #expect(try await stack.status(ofTenant: tenant) == 0)
            // Once more, and this time its grace period ends.
            try await Self.request(tenant, graceDays: 3, stack).expect(202)
            try await database.query("UPDATE main.offboardings SET due_at = now() WHERE state = 0")
            _ = try await TestRemoval.begun(tenant, stack)
            let late = try await stack.tenantManagement.post("\(path)/cancel", [:], token: stack.admin)
            #expect(late.status == 409 && late.errorCode == "OFFBOARDING_STATE")
            #expect(try await Self.events(tenant, stack) == ["TENANT_DEPROVISIONING"])
        }
    }

    @Test func `a failed removal is reported and can be requested again`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let tenant = try await Self.provisioned(stack)
            try await Self.request(tenant, graceDays: 0, stack).expect(202)
            let hook = try await TestRemoval.begun(tenant, stack)
            try await TestRemoval.report(hook, status: 0).expect(204)
            #expect(try await stack.status(ofTenant: tenant) == 4)
            #expect(try await Self.state(tenant, stack) == "FAILED")
            let certificate = "/tenants/\(tenant)/deprovision/certificate"
            for path in [certificate, "\(certificate)/download"] {
                try await stack.tenantManagement.get(path, token: stack.admin).expect(404)
            }
            try await Self.request(tenant, graceDays: 0, stack).expect(202)
            try await eventually("the orchestrator is asked again") {
                try await Self.state(tenant, stack) == "RUNNING"
            }
            let again = try await TestRemoval.begun(tenant, stack)
            #expect(again.context != hook.context)
            try await TestRemoval.report(again).expect(204)
            #expect(try await Self.state(tenant, stack) == "DONE")
            #expect(
                try await Self.events(tenant, stack) == [
                    "TENANT_DEPROVISIONING", "TENANT_DEPROVISIONING_FAILURE", "TENANT_DEPROVISIONING",
                    "TENANT_DEPROVISIONING_SUCCESS",
                ])
        }
    }

    @Test func `a tenant that is being provisioned is off-boarded afterwards`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            try await Self.request(hook.tenant, graceDays: 0, stack).expect(202)
            let database = try stack.database(.tenantManagement)
            try await eventually("a worker has looked at it") {
                try await database.count(
                    "SELECT count(*) FROM main.offboardings WHERE due_at > now() + interval '5 s' AND claim IS NULL")
                    == 1
            }
            #expect(try await stack.status(ofTenant: hook.tenant) == 2)
            try await hook.send().expect(204)
            try await database.query("UPDATE main.offboardings SET due_at = now()")
            _ = try await TestRemoval.begun(hook.tenant, stack)
        }
    }

    @Test func `a removal that nobody reports is a failure`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let tenant = try await Self.provisioned(stack)
            try await Self.request(tenant, graceDays: 0, stack).expect(202)
            _ = try await TestRemoval.begun(tenant, stack)
            // What the watchdog does when the time is over.
            try await stack.database(.tenantManagement).query(
                "UPDATE main.provisionings SET status = 2, completed_on = now() WHERE kind = 1")
            let shown = try await stack.tenantManagement.get("/tenants/\(tenant)/deprovision", token: stack.admin)
            #expect(shown.json["state"] == "FAILED" && shown.json["lastError"] != nil)
            #expect(try await Self.events(tenant, stack).last == "TENANT_DEPROVISIONING_FAILURE")
        }
    }

    @Test(arguments: [
        ([:] as JSONValue), ["reason": ""], ["reason": "x", "graceDays": -1], ["reason": "x", "graceDays": 366],
        ["reason": "x", "graceDays": 1.5], ["reason": "x", "now": true],
    ])
    func `a request that is not understood schedules nothing`(_ body: JSONValue) async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let tenant = try await stack.createTenantID()
            let answer = try await stack.tenantManagement.post(
                "/tenants/\(tenant)/deprovision", body, token: stack.admin)
            #expect(answer.status == 422 && answer.errorCode == "VALIDATION_FAILED", "\(answer.text)")
            #expect(try await stack.database(.tenantManagement).count("SELECT count(*) FROM main.offboardings") == 0)
        }
    }
}
