import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// What an answer shows of an instant finds the row again, in every entity of both services.
@Suite struct ShownInstantTests {
    @Test(arguments: WalkTests.kinds)
    func `the instants of a row are conditions that find it`(_ kind: TestStack.ServiceKind) async throws {
        try await ValidRequests.run(kind) { requests in
            let (client, token) = (requests.client.client, requests.stack.admin)
            let database = try requests.stack.database(kind.database)
            let start = try await database.texts("SELECT date_trunc('second', clock_timestamp())::text")[0]
            await requests.forEach(requests.entities) { path in
                let created = try await requests.create(path).json
                let id = try #require(created["id"]?.stringValue)
                // A change gives `modifiedOn` by the trigger, a creation by the default.
                let operation = try #require(requests.document.operation("PATCH", "\(path)/{id}"))
                for turn in 0...1 {
                    if turn == 1, let schema = operation.body {
                        try await client.patch("\(path)/\(id)", requests.change(schema), token: token).expect(204)
                    }
                    let row = try await client.get("\(path)/\(id)", token: token).expect(200).json
                    for (name, value) in row.objectValue ?? [:] {
                        guard (name.hasSuffix("On") || name.hasSuffix("Date")), let text = value.stringValue,
                            text.utf8.count == 24
                        else { continue }
                        func count(_ condition: JSONValue) async throws -> Int? {
                            let filter: JSONValue = [
                                "id": .string(id), "and": [.object(JSONObject([(name, condition)]))],
                            ]
                            return try await client.get("\(path)/count?\(filter.parameter("where"))", token: token)
                                .expect(200).json["count"]?.intValue
                        }
                        for found: JSONValue in [value, ["lte": value], ["gte": value], ["between": [value, value]]] {
                            #expect(try await count(found) == 1, "\(path) \(name) \(found)")
                        }
                        for missed: JSONValue in [["gt": value], ["lt": value], ["neq": value]] {
                            #expect(try await count(missed) == 0, "\(path) \(name) \(missed)")
                        }
                    }
                }
            }
            // No table of the API keeps more than it shows. (Seeds are older.)
            let columns = try await database.texts(
                """
                SELECT format('SELECT count(*) FROM main.%I WHERE created_on >= $1::text::timestamptz
                        AND %I <> date_trunc(''milliseconds'', %I)', table_name, column_name, column_name)
                FROM information_schema.columns AS c WHERE table_schema = 'main'
                    AND column_name IN ('created_on', 'modified_on', 'deleted_on', 'paid_on', 'start_date', 'end_date', 'due_date')
                    AND data_type = 'timestamp with time zone'
                    AND EXISTS (SELECT FROM pg_trigger WHERE tgname = 'touch_row'
                        AND tgrelid = format('main.%I', c.table_name)::regclass)
                    AND EXISTS (SELECT FROM information_schema.columns AS o
                        WHERE o.table_schema = 'main' AND o.table_name = c.table_name AND o.column_name = 'created_on')
                """)
            #expect(columns.count >= 20)
            for column in columns { #expect(try await database.count(column, [.text(start)]) == 0, "\(column)") }
        }
    }
}
