import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// 12.3: registration, verification, reads, and the writes that are refused.
@Suite struct LeadConformanceTests {
    /// Compatibility "creates" (201 instead of 200) and "`POST /leads`" (the key is in the answer by the switch).
    @Test func `leads pass the original's cases`() async throws {
        try await Conformance.run(Self.registration + Self.reads + Self.refused, [.tenantManagement])
    }

    private static let registration: [Conformance.Row] = [
        .init("12.3 POST /leads with a valid DTO") { world in
            let answer = try await world.stack.tenantManagement.post("/leads", .object(Conformance.lead)).expect(201)
            try require(answer.json.objectValue?.keys == ["key", "id"], answer.text)
            // Compatibility "`LEAD_KEY_LENGTH`": 16 instead of 5.
            try require(try answer.string("key").count == 16, answer.text)
        },
        .init("12.3 POST /leads with full address") { world in
            var body = Conformance.lead
            body["address"] = .object(Conformance.address)
            let (id, _) = try await world.register(body)
            let linked = try await world.stack.database(.tenantManagement).texts(
                """
                SELECT concat_ws('|', a.address, a.city, a.state, a.zip, a.country)
                FROM main.leads AS l JOIN main.addresses AS a ON a.id = l.address_id WHERE l.id = $1::uuid
                """, [.text(id)])
            try require(linked == ["test-address|test-city|test-state|test-zip|India"], "\(linked)")
        },
        .init("12.3 POST /leads with the e-mail of a validated lead") { world in
            _ = try await world.verified()
            let answer = try await world.stack.tenantManagement.post("/leads", .object(Conformance.lead)).expect(409)
            try require(answer.errorName == "ConflictError" && answer.message == "Conflict", answer.text)
        },
        .init("12.3 POST /leads/{id}/verify") { world in
            let (id, key) = try await world.register()
            let answer = try await world.stack.tenantManagement.post("/leads/\(id)/verify", token: key).expect(200)
            try require(answer.json.objectValue?.keys == ["id", "token"] && answer.json["id"]?.stringValue == id, "")
            let lead = try await world.stack.tenantManagement.get(
                "/leads/\(id)", token: try await Conformance.token(["10203"])
            ).expect(200)
            try lead.json.require(["isValidated": true])
        },
    ]

    private static let reads: [Conformance.Row] = [
        .init("12.3 GET /leads with 10203") { world in
            let (id, _) = try await world.register()
            let answer = try await world.stack.tenantManagement.get(
                "/leads", token: try await Conformance.token(["10203"])
            ).expect(200)
            try require(answer.json.arrayValue?.compactMap { $0["id"]?.stringValue } == [id], answer.text)
        },
        .init("12.3 GET /leads without 10203") { world in
            _ = try await world.register()
            try await world.stack.tenantManagement.get("/leads", token: try await Conformance.token(["10201"]))
                .expect(403)
        },
        .init("12.3 GET /leads/{id} with 10203") { world in
            let (id, _) = try await world.register()
            let answer = try await world.stack.tenantManagement.get(
                "/leads/\(id)", token: try await Conformance.token(["10203"])
            ).expect(200)
            try answer.json.require(["firstName": "test-lead", "email": "test@contact.com", "isValidated": false])
        },
        .init("12.3 GET /leads/count with 10203") { world in
            _ = try await world.register()
            let answer = try await world.stack.tenantManagement.get(
                "/leads/count", token: try await Conformance.token(["10203"])
            ).expect(200)
            try require(answer.json == ["count": 1], answer.text)
        },
    ]

    private static let refused: [Conformance.Row] =
        [
            ("PUT", "/leads/{id}", "10201"), ("PATCH", "/leads/{id}", "10201"), ("PATCH", "/leads", "10201"),
            ("DELETE", "/leads/{id}", "10202"),
        ].map { method, template, permission in
            .init("12.3 \(method) \(template)") { world in
                let (id, _) = try await world.register()
                let body: JSONValue? = method == "DELETE" ? nil : ["firstName": "changed"]
                let answer = try await world.stack.tenantManagement.send(
                    method, template.replacing("{id}", with: id), body,
                    token: try await Conformance.token([permission])
                ).expect(405)
                try require(answer.errorName == "MethodNotAllowedError", answer.text)
            }
        }
}
