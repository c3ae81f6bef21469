import JSONCoding
import PostgresTestSupport
import RedisTestSupport
import StackTestSupport
import Synchronization
import TestSupport
import Testing

/// The services while another Redis becomes the master.
@Suite(.timeLimit(.minutes(20))) struct RedisFailoverTests {
    /// What has failed, and how often something was asked.
    private final class Record: Sendable {
        private struct State {
            var failures: [String] = []
            var answers = 0
        }

        private let state = Mutex(State())

        var failures: [String] { state.withLock { $0.failures } }
        var answers: Int { state.withLock { $0.answers } }

        /// - Parameter request: Returns the status of the response.
        func ask(_ what: String, _ request: () async throws -> Int) async {
            let failure: String?
            do {
                let status = try await request()
                failure = status < 400 ? nil : "\(what): \(status)"
            } catch {
                failure = Task.isCancelled ? nil : "\(what): \(error)"
            }
            state.withLock { state in
                state.answers += 1
                if let failure { state.failures.append(failure) }
            }
        }
    }

    @Test func `no request fails while the master of Redis is killed and replaced`() async throws {
        let group = try await RedisSentinelGroup()
        let settings = [
            "REDIS_SENTINELS": "127.0.0.1:1,127.0.0.1:\(group.sentinel.port)", "EVENT_CONNECTOR": "bullmq",
            "REDIS_SENTINEL_MASTER": RedisSentinelGroup.masterName, "REDIS_SENTINEL_WAIT_MILLIS": "60000",
        ]
        try await LoginWorld.run(environment: settings) { world in
            let (stack, browser) = (world.stack, TestBrowser())
            try await world.logIn(browser)
            // The replica has the session when it has what is written later.
            let writing = "printf 'SET later 1\\nWAIT 1 60000\\n' | redis-cli -p \(group.master.port)"
            #expect(try await TestCommand.run(["sh", "-c", writing]) == "OK\n1")
            let tenant = try await stack.createTenantID()
            let record = Record()
            let client = stack.tenantManagement
            try await withThrowingTaskGroup(of: Void.self) { load in
                defer { load.cancelAll() }
                load.addTask {
                    while !Task.isCancelled {
                        await record.ask("cached read") {
                            try await client.get("/tenants/\(tenant)", token: stack.admin).status
                        }
                        await record.ask("list") { try await client.get("/tenants", token: stack.admin).status }
                    }
                }
                load.addTask {
                    while !Task.isCancelled {
                        await record.ask("session") {
                            try await browser.send("GET", "\(world.url)/auth/session").response.status
                        }
                    }
                }
                load.addTask {
                    var round = 0
                    while !Task.isCancelled {
                        round += 1
                        let name = JSONValue.string("Name \(round)")
                        await record.ask("write") {
                            try await client.patch("/tenants/\(tenant)", ["name": name], token: stack.admin).status
                        }
                        await record.ask("read of an own write") {
                            let read = try await client.get("/tenants/\(tenant)", token: stack.admin)
                            return read.json["name"] == name ? read.status : 599
                        }
                    }
                }
                try await eventually("the load is running") { record.answers > 30 }
                try await group.master.stop()
                let newPort = group.replica.port
                try await eventually("the replica is the master") {
                    // A server that becomes the master ends all its connections.
                    let role = try? await TestCommand.run(["redis-cli", "-p", "\(newPort)", "ROLE"])
                    return role?.hasPrefix("master") == true
                }
                try await eventually("the service uses it") {
                    try await client.get("/health/ready").json["checks"]?["redis"] == "up"
                }
                let answers = record.answers
                try await eventually("the load goes on") { record.answers > answers + 30 }
            }
            #expect(record.failures == [])

            // The bus has moved, too.
            _ = try await stack.createTenant()
            try await eventually("every event is on the bus") {
                try await stack.database(.tenantManagement).count("SELECT count(*) FROM main.outbox WHERE state = 0")
                    == 0
            }
        }
    }
}
