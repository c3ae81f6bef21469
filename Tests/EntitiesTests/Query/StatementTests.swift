import PostgresClient
import Primitives
import Testing

@testable import Entities

/// The SQL that filters become: text of the description's making, values apart.
@Suite struct StatementTests {
    private let catalog: EntityCatalog
    private let tenant = TenantScope.tenant(Identifier(high: 1, low: 2), actor: Actor(id: "u"))
    private let tenantValue = PostgresValue.identifier(Identifier(high: 1, low: 2))

    init() throws {
        catalog = try EntityCatalog(TestModel.all)
    }

    private func select(
        _ entity: Entity, _ json: String, in scope: TenantScope = .system
    ) throws -> (sql: String, values: [PostgresValue], isPrepared: Bool) {
        let filter = try Filter.parse(json: json, for: entity, in: catalog)
        let statements = SelectStatements(catalog: catalog, entity: entity, scope: scope)
        let statement = try statements.select(filter)
        let from = statement.sql.range(of: " FROM main.")
        return (String(statement.sql[from...]), statement.values, statement.statement.isPrepared)
    }

    @Test func `every read excludes deleted rows and is ordered`() throws {
        let (sql, values, isPrepared) = try select(TestModel.tenant, "{}")
        #expect(sql == #" FROM main."tenants" AS t0 WHERE t0."deleted" = false ORDER BY t0."id""#)
        #expect(values.isEmpty)
        #expect(isPrepared)
    }

    @Test func `a tenant's reads contain its id`() throws {
        let own = try select(TestModel.tenant, "{}", in: tenant)
        #expect(own.sql.contains(#"WHERE t0."deleted" = false AND t0."id" = $1 ORDER"#))
        #expect(own.values == [tenantValue])
        let contacts = try select(TestModel.contact, "{}", in: tenant)
        #expect(contacts.sql.contains(#"AND t0."tenant_id" = $1 ORDER"#))
        let customers = try select(TestModel.customer, "{}", in: tenant)
        #expect(customers.sql.contains(#"AND t0."tenant_id" = $1::text ORDER"#))
        let leads = try select(TestModel.lead, "{}", in: tenant)
        #expect(
            leads.sql.contains(#"AND (t0."id" IN (SELECT t.lead_id FROM main.tenants AS t WHERE t.id = $1)) ORDER"#))
        #expect(try select(TestModel.tag, "{}", in: tenant).sql.contains("WHERE false ORDER"))
        #expect(!(try select(TestModel.plan, "{}", in: tenant).sql.contains("$")))
    }

    @Test func `conditions become operators and parameters`() throws {
        let (sql, values, isPrepared) = try select(
            TestModel.plan,
            """
            {"where": {"name": {"neq": "a", "like": "b%", "nilike": "c"}, "rank": {"inq": [1, null]},
             "or": [{"price": {"between": [1, 2]}}, {"and": [{"views": {"gte": 3}}, {"isActive": null}]}],
             "ownerId": {"nin": []}, "tags": ["x"], "validUntil": {"exists": true}},
             "order": ["name DESC", "id"], "limit": 7, "skip": 8}
            """)
        #expect(
            sql == """
                 FROM main."plans" AS t0 WHERE t0."deleted" = false AND (t0."name" <> $1 AND \
                t0."name"::text LIKE $2 ESCAPE '\\' AND t0."name"::text NOT ILIKE $3 ESCAPE '\\' AND \
                (t0."rank" = ANY($4) OR t0."rank" IS NULL) AND (t0."price" BETWEEN $5 AND $6 OR \
                (t0."views" >= $7 AND t0."is_active" IS NULL)) AND t0."owner_id" <> ALL($8) AND \
                t0."tags" = $9::varchar[] AND t0."valid_until" IS NOT NULL) \
                ORDER BY t0."name" DESC, t0."id" LIMIT $10 OFFSET $11
                """)
        #expect(
            values == [
                "a", "b%", "c", .int64Array([1]), .numeric("1"), .numeric("2"), 3, .identifierArray([]),
                .textArray(["x"]), 7, 8,
            ])
        #expect(!isPrepared)
    }

    @Test func `the text does not depend on the values`() throws {
        let one = try select(TestModel.plan, #"{"where": {"rank": {"inq": [1]}, "name": "x"}, "limit": 1}"#)
        let other = try select(TestModel.plan, #"{"where": {"rank": {"inq": [1,2,3]}, "name": "y"}, "limit": 9}"#)
        #expect(one.sql == other.sql)
        #expect(one.isPrepared)
    }

    /// A record has all columns whatever is shown: PostgreSQL remembers every type of record that it ever made.
    @Test func `includes are subqueries of the same statement`() throws {
        let statement = try SelectStatements(catalog: catalog, entity: TestModel.contact, scope: tenant).select(
            Filter(
                fields: .only(names: ["id"]),
                include: [Inclusion("tenant", scope: Filter(fields: .only(names: ["createdOn"])))]))
        #expect(
            statement.sql == """
                SELECT t0.row_version, t0."id", (SELECT ROW(t1."deleted", t1."deleted_on", \
                t1."deleted_by", t1."created_on", t1."modified_on", t1."created_by", t1."modified_by", t1."id", \
                t1."name", t1."status", t1."key", t1."spoc_user_id", t1."domains", t1."lead_id") \
                FROM main."tenants" AS t1 WHERE t1."id" = t0."tenant_id" AND t1."deleted" = false AND t1."id" = $1 LIMIT 1) \
                FROM main."contacts" AS t0 \
                WHERE t0."deleted" = false AND t0."tenant_id" = $1 ORDER BY t0."id"
                """)
    }

    @Test(arguments: [
        "x'; DROP TABLE tenants; --", "\" OR 1=1", "$1", "\\", "%", "{row}", "{tenant}", "a\u{2019}b",
    ])
    func `text of clients never becomes SQL`(_ text: String) throws {
        let value = String(decoding: text.jsonBytesForTest, as: UTF8.self)
        for json in [
            #"{"where": {"name": \#(value)}}"#, #"{"where": {"name": {"inq": [\#(value)]}}}"#,
            #"{"where": {"name": {"regexp": \#(value)}}}"#, #"{"where": {"tags": \#(value)}}"#,
            #"{"where": {"metaData": {"x": \#(value)}}}"#,
        ] {
            let (sql, values, _) = try select(TestModel.plan, json)
            #expect(values.count == 1)
            #expect(!sql.contains("DROP") && !sql.contains("OR 1") && !sql.contains("row}") && !sql.contains("%"))
        }
        for json in [
            #"{"where": {\#(value): 1}}"#, #"{"order": \#(value)}"#, #"{"fields": [\#(value)]}"#,
            #"{"include": [\#(value)]}"#, #"{"where": {"name": {\#(value): 1}}}"#, #"{\#(value): 1}"#,
        ] {
            #expect(throws: FilterError.self) { try Filter.parse(json: json, for: TestModel.plan, in: catalog) }
        }
    }
}
