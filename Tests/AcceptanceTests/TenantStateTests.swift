import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import TenantManagement
import Testing

/// The states of tenants are one table, which code, database and API share.
@Suite struct TenantStateTests {
    @Test func `the database has the table of the code`() async throws {
        try await TestDatabase.with(.tenantManagement) { database in
            for status in Tenant.Status.allCases {
                let next = try await database.texts(
                    "SELECT unnest(main.next_tenant_statuses($1::smallint))::text", [.int16(Int16(status.rawValue))])
                #expect(
                    next.sorted() == TenantTransition.next(after: status).map { String($0.rawValue) }.sorted(),
                    "\(status)")
                #expect(
                    try await database.texts(
                        "SELECT main.is_blocked($1::smallint, false)::text", [.int16(Int16(status.rawValue))])
                        == ["\(status.isBlocked)"])
            }
        }
    }

    @Test func `the table is published`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let table = try await stack.tenantManagement.get("/tenants/transitions", token: stack.admin).expect(200)
                .json
            let states = table["states"]?.arrayValue ?? []
            #expect(states.compactMap { $0["name"]?.stringValue } == Tenant.Status.allCases.map(\.name))
            #expect(states.filter { $0["isBlocked"] == true }.compactMap { $0["status"]?.intValue } == [4, 5])
            #expect(states.filter { $0["isDeletable"] == false }.compactMap { $0["status"]?.intValue } == [4])
            let transitions = table["transitions"]?.arrayValue ?? []
            #expect(transitions.count == TenantTransition.all.count)
            #expect(transitions.contains(["from": 2, "to": 3, "causes": ["operator", "callback", "timeout"]]))
        }
    }

    /// Every pair of states by `PATCH`, `PUT` and bulk `PATCH`.
    @Test func `an operator's illegal change is refused with the legal ones and changes nothing`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let (client, database) = (stack.tenantManagement, try stack.database(.tenantManagement))
            let id = try await stack.createTenantID()
            let row = try await client.get("/tenants/\(id)", token: stack.admin).json
            func set(_ status: Tenant.Status) async throws {
                // As rows that another program has stored: no guard.
                try await database.query("ALTER TABLE main.tenants DISABLE TRIGGER guard_state")
                try await database.query("DELETE FROM main.tenant_suspensions")
                try await database.query("UPDATE main.tenants SET status = \(status.rawValue)")
                try await database.query("ALTER TABLE main.tenants ENABLE TRIGGER guard_state")
            }
            for from in Tenant.Status.allCases {
                let legal = TenantTransition.next(after: from, by: .operatorChange)
                for to in Tenant.Status.allCases where to != from {
                    let change: JSONValue = ["status": .integer(to.rawValue)]
                    let whole = JSONValue.object([
                        "name": "Other", "key": row["key"] ?? .null, "domains": row["domains"] ?? .null,
                        "status": .integer(to.rawValue),
                    ])
                    let requests: [(String, String, JSONValue)] = [
                        ("PATCH", "/tenants/\(id)", change), ("PUT", "/tenants/\(id)", whole),
                        ("PATCH", "/tenants?" + JSONValue.object(["id": .string(id)]).parameter("where"), change),
                    ]
                    for (method, path, body) in requests {
                        try await set(from)
                        let answer = try await client.send(method, path, body, token: stack.admin)
                        let now = try await database.texts("SELECT status::text FROM main.tenants")
                        if legal.contains(to) {
                            #expect((200..<300).contains(answer.status), "\(method) \(from) \(to): \(answer.text)")
                            #expect(now == ["\(to.rawValue)"])
                        } else {
                            #expect(answer.status == 409 && answer.errorCode == "TENANT_STATE", "\(from) \(to)")
                            let info = answer.json["error"]?["details"]?[0]?["info"]
                            #expect(info?["legal"] == .array(legal.map { .integer($0.rawValue) }))
                            #expect(info?["from"] == .integer(from.rawValue) && info?["to"] == .integer(to.rawValue))
                            #expect(now == ["\(from.rawValue)"])
                        }
                    }
                }
            }
        }
    }

    @Test func `a tenant whose resources are being removed cannot be deleted`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let database = try stack.database(.tenantManagement)
            let id = try await stack.createTenantID()
            try await database.query("UPDATE main.tenants SET status = 3")
            try await database.query("UPDATE main.tenants SET status = 4")
            let answer = try await stack.tenantManagement.delete("/tenants/\(id)", token: stack.admin)
            #expect(answer.status == 409 && answer.errorCode == "TENANT_STATE")
            #expect(try await database.texts("SELECT deleted::text FROM main.tenants") == ["false"])
            // It can be deleted afterwards, and keeps its status when it is restored.
            try await stack.tenantManagement.patch("/tenants/\(id)", ["status": 5], token: stack.admin).expect(204)
            try await stack.tenantManagement.delete("/tenants/\(id)", token: stack.admin).expect(204)
            let restored = try await stack.tenantManagement.post("/tenants/\(id)/restore", token: stack.admin)
            #expect(try restored.expect(200).json["status"] == 5)
        }
    }
}
