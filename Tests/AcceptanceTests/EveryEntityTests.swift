import Entities
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Subscription
import TenantManagement
import Testing

/// What holds for every entity that has the common operations, generated from the documents (docs/contract/arc-api.md
/// 4.3, 5.0).
@Suite struct EveryEntityTests {
    @Test(arguments: WalkTests.kinds) func `the descriptions match the tables`(_ kind: TestStack.ServiceKind)
        async throws
    {
        let catalog =
            kind == .subscription ? try SubscriptionCatalog.make() : try TenantManagementCatalog.make()
        let differences = try await TestDatabase.with(kind.database) { database in
            try await database.withPool { try await catalog.differences(from: $0) }
        }
        #expect(differences.isEmpty, "\(differences)")
    }

    @Test(arguments: WalkTests.kinds) func `every table with modified_on has its trigger`(
        _ kind: TestStack.ServiceKind
    ) async throws {
        let tables = """
            SELECT c.relname::text FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'main'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'modified_on'
                AND NOT a.attisdropped AND c.relname NOT IN ('api_keys', 'subscription_billing', 'credit_note_lines')
            """
        // The last use of a key, which is stored in batches, is no change of it; nor is the claim of a subscription by a worker. Lines of
        // credit notes are never changed. Bits of tgtype: for each row (1), before (2), at updates (16).
        let trigger = """
            EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND t.tgname = 'touch_row'
                AND t.tgenabled IN ('O', 'A') AND t.tgtype & 19 = 19 AND t.tgqual IS NULL AND t.tgattr::text = '')
            """
        let (all, untouched) = try await TestDatabase.with(kind.database) { database in
            (try await database.texts(tables), try await database.texts("\(tables) AND NOT \(trigger)"))
        }
        #expect(all.count > 5)
        #expect(untouched.isEmpty, "\(untouched)")
    }

    @Test(arguments: WalkTests.kinds) func `every change updates modifiedOn and the version`(
        _ kind: TestStack.ServiceKind
    ) async throws {
        try await ValidRequests.run(kind) { requests in
            let stored = try await StoredRows.read(try requests.stack.database(kind.database))
            #expect(!requests.entities.isEmpty)
            await requests.forEach(requests.entities) { collection in
                let (client, token) = (requests.client, requests.stack.admin)
                let id = try await requests.create(collection).string("id")
                let path = "\(collection)/\(id)"
                var last = try await stored.row(id)

                func check(_ answer: TestResponse, _ what: String, _ status: Int) async throws {
                    requests.problems.check(answer, "\(what) \(path)") { $0.status == status }
                    let now = try await stored.row(id)
                    if now.version <= last.version { requests.problems.add("\(what) \(path): the version stays") }
                    if now.modifiedOn <= last.modifiedOn { requests.problems.add("\(what) \(path): modifiedOn stays") }
                    last = now
                    guard what != "DELETE" else { return }
                    let read = try await client.get(path, token: token)
                    requests.problems.check(read, "\(what) \(path), then GET") {
                        $0.headers["etag"] == "\"\(now.version)\"" && $0.json["modifiedOn"] != .null
                    }
                }
                let item = try requests.operations(on: collection)
                let change = requests.change(item.patch)
                try await check(try await client.send("PATCH", path, change, token: token), "PATCH", 204)
                let row = try await client.get(path, token: token).json
                let replacement = requests.replacement(item.put, of: row)
                try await check(try await client.send("PUT", path, replacement, token: token), "PUT", 204)
                let condition = (["id": .string(id)] as JSONValue).parameter("where")
                let bulk = try await client.send("PATCH", "\(collection)?\(condition)", change, token: token)
                requests.problems.check(bulk, "PATCH \(collection)") { $0.json["count"] == 1 }
                try await check(bulk, "bulk PATCH", 200)
                try await check(try await client.send("DELETE", path, token: token), "DELETE", 204)
                try await check(try await client.send("POST", "\(path)/restore", token: token), "restore", 200)
            }
        }
    }

    /// What a client says about the audit fields is ignored or, where the body has no such members, refused.
    @Test(arguments: WalkTests.kinds) func `clients cannot set audit fields`(_ kind: TestStack.ServiceKind) async throws
    {
        let liar = Identifier.v4().description
        let (creator, changer) = (Identifier.v4().description, Identifier.v4().description)
        let date: JSONValue = "2001-01-01T00:00:00.000Z"
        let lies: JSONObject = [
            "deleted": true, "deletedOn": date, "deletedBy": .string(liar), "createdOn": date, "modifiedOn": date,
            "createdBy": .string(liar), "modifiedBy": .string(liar),
        ]
        try await ValidRequests.run(kind) { requests in
            let stored = try await StoredRows.read(try requests.stack.database(kind.database))
            let creating = try await requests.stack.tokens.operatorToken(user: creator)
            let changing = try await requests.stack.tokens.operatorToken(user: changer)
            await requests.forEach(requests.entities) { collection in
                let (client, document) = (requests.client, requests.document)
                guard let post = document.operation("POST", collection), let schema = post.body else { return }
                func forged(_ body: JSONValue?) -> JSONValue {
                    lies.reduce(body ?? [:]) { $0.replacing([$1.key], with: $1.value) }
                }
                let members = Set(document.resolve(schema)["properties"]?.objectValue?.keys ?? [])
                var request = try await requests.request(post)
                if members.isDisjoint(with: ValidRequests.audit) {
                    let refused = try await client.send("POST", collection, forged(request.body), token: creating)
                    requests.problems.check(refused, "POST \(collection)") { $0.status == 422 }
                } else {
                    request.body = forged(request.body)
                }
                let id = try await client.send("POST", collection, request.body, token: creating).expect(201)
                    .string("id")
                let path = "\(collection)/\(id)"
                let created = try JSONValue.parse(try await stored.row(id).text)

                func check(_ what: String, modifiedBy modifier: String) async throws {
                    let text = try await stored.row(id).text
                    let row = try JSONValue.parse(text)
                    let isTrue =
                        row["deleted"] == false && row["deleted_on"] == .null && row["deleted_by"] == .null
                        && row["created_by"]?.stringValue == creator && row["modified_by"]?.stringValue == modifier
                        && row["created_on"] == created["created_on"] && !text.contains("2001-01-01")
                        && !text.contains(liar)
                    if !isTrue { requests.problems.add("\(what) \(path) is stored as \(text)") }
                }
                try await check("POST", modifiedBy: creator)
                let item = try requests.operations(on: collection)
                let change = forged(requests.change(item.patch))
                // Currencies have no audit fields in the API (docs/contract/arc-api.md 6.5): who sends some learns
                // so.
                let changeable = Set(document.resolve(item.patch)["properties"]?.objectValue?.keys ?? [])
                if changeable.isDisjoint(with: ValidRequests.audit) {
                    let condition = (["id": .string(id)] as JSONValue).parameter("where")
                    for (method, target) in [("PATCH", path), ("PUT", path), ("PATCH", "\(collection)?\(condition)")] {
                        let body = method == "PUT" ? forged(request.body) : change
                        let refused = try await client.send(method, target, body, token: changing)
                        requests.problems.check(refused, "\(method) \(target)") { $0.status == 422 }
                    }
                    return try await check("refused changes", modifiedBy: creator)
                }
                for schema in [item.patch, item.put] {
                    let names = Set(document.resolve(schema)["properties"]?.objectValue?.keys ?? [])
                    if !names.isSuperset(of: ValidRequests.audit) {
                        requests.problems.add("\(path): a body without audit fields: \(names)")
                    }
                }
                try await client.send("PATCH", path, change, token: changing).expect(204)
                try await check("PATCH", modifiedBy: changer)
                try await client.send("PATCH", path, requests.change(item.patch), token: creating).expect(204)
                let row = try await client.get(path, token: changing).json
                let replacement = forged(requests.replacement(item.put, of: row))
                try await client.send("PUT", path, replacement, token: changing).expect(204)
                try await check("PUT", modifiedBy: changer)
                try await client.send("PATCH", path, requests.change(item.patch), token: creating).expect(204)
                let condition = (["id": .string(id)] as JSONValue).parameter("where")
                try await client.send("PATCH", "\(collection)?\(condition)", change, token: changing).expect(200)
                try await check("bulk PATCH", modifiedBy: changer)
                try await client.get(path, token: changing).expect(200)
            }
        }
    }
}

extension ValidRequests {
    /// The schemas of the bodies of `PATCH` and `PUT` of one row.
    func operations(on collection: String) throws -> (patch: JSONValue, put: JSONValue) {
        guard let patch = document.operation("PATCH", "\(collection)/x")?.body,
            let put = document.operation("PUT", "\(collection)/x")?.body
        else { throw TestFailure("\(collection) has no PATCH and PUT") }
        return (patch, put)
    }
}
