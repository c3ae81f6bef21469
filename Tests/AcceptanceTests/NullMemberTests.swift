import Entities
import JSONCoding
import ServicePlatform
import StackTestSupport
import Subscription
import TenantManagement
import TestSupport
import Testing

/// Unset members: what a response shows as null, a request may send as null.
@Suite(.timeLimit(.minutes(20))) struct NullMemberTests {
    @Test func `every member that a response may show as null may be sent as null`() throws {
        var checked = 0
        for entity in try TenantManagementApp.catalog().entities + SubscriptionApp.catalog().entities {
            let shown = Set(entity.schema.properties.filter { $0.schema.validate(.null).isEmpty }.map(\.name))
            for body in [entity.newSchema, entity.replacementSchema, entity.partialSchema] {
                for member in body.properties
                where shown.contains(member.name) && !entity.alwaysSet.contains(member.name) {
                    checked += 1
                    #expect(member.schema.validate(.null).isEmpty, "\(entity.name).\(member.name)")
                }
                for member in body.properties where member.isRequired {
                    #expect(!member.schema.validate(.null).isEmpty, "\(entity.name).\(member.name)")
                }
            }
        }
        #expect(checked > 200)
    }

    @Test func `what was read can be sent back`() async throws {
        try await TestStack.run(
            [.tenantManagement, .subscription], environment: ["PROVISION_ON_CREATE": "false"]
        ) { stack in
            let tenant = try await stack.createTenantID()
            let management = stack.tenantManagement
            let subscription = stack.subscription
            func roundTrip(_ client: TestHTTPClient, _ path: String, _ body: JSONValue) async throws {
                let id = try await client.post(path, body, token: stack.admin).expect(201).string("id")
                let shown = try await client.get("\(path)/\(id)", token: stack.admin).expect(200)
                let answer = try await client.send(
                    "PUT", "\(path)/\(id)", shown.json, token: stack.admin,
                    headers: ["prefer": "return=representation"])
                let replaced = try answer.expect(200)
                for (name, value) in shown.json.objectValue ?? [:] where name != "modifiedOn" && name != "modifiedBy" {
                    #expect(replaced.json[name] == value, "\(path) \(name)")
                }
            }
            try await roundTrip(
                management, "/contacts",
                [
                    "firstName": "Ann", "lastName": "Lee", "email": "ann@example.com", "type": nil,
                    "tenantId": .string(tenant), "isPrimary": true,
                ])
            try await roundTrip(
                management, "/invoices",
                [
                    "startDate": "2026-01-01", "endDate": "2026-01-31", "dueDate": "2026-02-15", "amount": 1,
                    "currencyCode": "USD", "invoiceFile": nil, "status": 0, "tenantId": .string(tenant),
                ])
            try await roundTrip(
                management, "/tenant-configs",
                ["configKey": "a", "configValue": ["b": nil], "tenantId": .string(tenant)])
            try await roundTrip(subscription, "/services", ["name": .string("service \(TestStack.uniqueKey())")])
            // A change to null unsets; what is never unset is refused and changes nothing.
            let contact = try await management.get("/contacts?\(JSONValue.object([:]).parameter())", token: stack.admin)
                .expect(200)
            let path = "/contacts/\(try #require(contact.json[0]?["id"]?.stringValue))"
            try await management.patch(path, ["type": "billing"], token: stack.admin).expect(204)
            try await management.patch(path, ["type": nil], token: stack.admin).expect(204)
            #expect(try await management.get(path, token: stack.admin).json["type"] == .null)
            let refused = try await management.patch(path, ["email": nil], token: stack.admin).expect(422)
            #expect(refused.text.contains("/email"))
        }
    }
}
