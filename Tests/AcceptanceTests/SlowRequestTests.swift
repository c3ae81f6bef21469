import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// Requests that keep the database busy for long leave the service to everybody else. What makes them slow here is a lock
/// on the table that they read: it lasts as long as the test wants.
@Suite(.timeLimit(.minutes(20))) struct SlowRequestTests {
    /// Limits that no statement reaches while the table is locked.
    private static let patient = [
        "DB_LOCK_TIMEOUT_MILLIS": "600000", "DB_STATEMENT_TIMEOUT_MILLIS": "600000",
        "DB_SEARCH_TIMEOUT_MILLIS": "600000", "DB_PATTERN_TIMEOUT_MILLIS": "600000",
        "DB_CONNECTION_TIMEOUT_MILLIS": "60000",
    ]

    /// Holds a lock on the contacts, which every statement on them waits for, for the length of `body`.
    private func withContactsLocked(_ database: TestDatabase, _ body: () async throws -> Void) async throws {
        try await database.withPool { pool in
            try await pool.withTransaction { transaction in
                _ = try await transaction.query(
                    PostgresStatement("LOCK TABLE main.contacts IN ACCESS EXCLUSIVE MODE", prepared: false))
                // The session idles in its transaction; that is what this test is about.
                _ = try await transaction.query(
                    PostgresStatement("SET LOCAL idle_in_transaction_session_timeout = 0", prepared: false))
                try await body()
            }
        }
    }

    /// How many statements of the service wait for a lock.
    private func waiting(_ database: TestDatabase) async throws -> Int {
        try await database.count(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND usename = $1 AND wait_event_type = 'Lock'
            """, [.text(database.template.runtimeRole)])
    }

    private func search(_ condition: JSONValue) -> String {
        let filter: JSONValue = ["where": condition, "limit": 10]
        return "/contacts?\(filter.parameter())"
    }

    /// What others do meanwhile: a row that no cache has, a change, and the question whether the service is ready.
    private func expectService(_ stack: TestStack, tenant: String) async throws {
        let (client, token) = (stack.tenantManagement, stack.admin)
        for _ in 0..<3 {
            let resource: JSONValue = [
                "configKey": .string(TestStack.uniqueKey()), "configValue": [:], "tenantId": .string(tenant),
            ]
            let config = try await client.post("/tenant-configs", resource, token: token).expect(201)
            try await client.get("/tenant-configs/\(config.string("id"))", token: token).expect(200)
            try await client.patch("/tenants/\(tenant)", ["name": "Changed"], token: token).expect(204)
            try await client.get("/tenants/\(tenant)", token: token).expect(200)
            try await client.get("/health/ready").expect(200)
        }
    }

    @Test func `ten searches that hang leave the service to everybody else`() async throws {
        try await TestStack.run([.tenantManagement], environment: Self.patient) { stack in
            let database = try stack.database(.tenantManagement)
            let tenant = try await stack.createTenantID()
            let client = stack.tenantManagement
            let path = search(["email": ["ilike": "%x%"]])
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                try await withContactsLocked(database) {
                    for _ in 0..<10 { group.addTask { try await client.get(path, token: stack.admin).status } }
                    // Half of the six connections.
                    try await eventually("searches have all the connections that they get") {
                        try await waiting(database) == 3
                    }
                    try await expectService(stack, tenant: tenant)
                    #expect(try await waiting(database) == 3)
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 200, count: 10))
        }
    }

    @Test func `counts and bulk changes are searches as well`() async throws {
        try await TestStack.run([.tenantManagement], environment: Self.patient) { stack in
            let database = try stack.database(.tenantManagement)
            let tenant = try await stack.createTenantID()
            let client = stack.tenantManagement
            let condition: JSONValue = ["email": ["ilike": "%nobody%"]]
            let parameter = condition.parameter("where")
            try await withThrowingTaskGroup(of: Int.self) { group in
                try await withContactsLocked(database) {
                    for _ in 0..<5 {
                        group.addTask {
                            try await client.get("/contacts/count?\(parameter)", token: stack.admin).status
                        }
                        group.addTask {
                            let change: JSONValue = ["lastName": "X"]
                            return try await client.patch("/contacts?\(parameter)", change, token: stack.admin).status
                        }
                    }
                    try await eventually("searches have all the connections that they get") {
                        try await waiting(database) == 3
                    }
                    try await expectService(stack, tenant: tenant)
                }
                for try await status in group { #expect(status == 200) }
            }
        }
    }

    @Test func `ten searches by regular expression end soon, and leave the service to everybody else`() async throws {
        let environment = Self.patient.merging(["DB_PATTERN_TIMEOUT_MILLIS": "300"]) { $1 }
        try await TestStack.run([.tenantManagement], environment: environment) { stack in
            let database = try stack.database(.tenantManagement)
            let tenant = try await stack.createTenantID()
            let client = stack.tenantManagement
            let path = search(["email": ["regexp": "^a.*b.*c$"]])
            try await withContactsLocked(database) {
                let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
                    for _ in 0..<10 { group.addTask { try await client.get(path, token: stack.admin) } }
                    try await expectService(stack, tenant: tenant)
                    return try await group.reduce(into: [TestResponse]()) { $0.append($1) }
                }
                #expect(answers.map(\.status) == Array(repeating: 503, count: 10))
                #expect(answers.allSatisfy { $0.errorCode == "TIMEOUT" && $0.headers["retry-after"] != nil })
            }
            // On a busy machine the short timeout may end a search that nothing holds up.
            try await eventually("such a search succeeds") {
                try await client.get(path, token: stack.admin).status == 200
            }
        }
    }

    @Test(arguments: ["(a+)+$", "^(.+)(.+)\\1\\2$", "(a|a)*b", "(a{1,9}){1,9}", "(?i)a", "***=a", "/(x*)*/i"])
    func `an expensive regular expression is refused with its place`(pattern: String) async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let response = try await stack.tenantManagement.get(
                search(["email": ["regexp": .string(pattern)]]), token: stack.admin
            ).expect(400)
            #expect(response.violations == ["/where/email/regexp: pattern"])
        }
    }

    @Test func `a client that disconnects ends its statement`() async throws {
        try await TestStack.run([.tenantManagement], environment: Self.patient) { stack in
            let database = try stack.database(.tenantManagement)
            try await withContactsLocked(database) {
                let path = search(["email": ["ilike": "%x%"]])
                let connection = try await RawConnection.open(port: stack.node(.tenantManagement)?.port ?? 0)
                await connection.send("GET \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(stack.admin)\r\n\r\n")
                try await eventually("the statement waits for the lock") { try await waiting(database) == 1 }
                await connection.close()
                try await eventually("the statement has ended") { try await waiting(database) == 0 }
            }
        }
    }
}
