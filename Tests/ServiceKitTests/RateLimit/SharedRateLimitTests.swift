import HTTPTypes
import Logging
import Primitives
import RedisClient
import RedisTestSupport
import TestSupport
import Testing

@testable import ServiceKit

/// Several nodes with the limits in one Redis.
@Suite(.timeLimit(.minutes(20))) struct SharedRateLimitTests {
    /// So long that no call is allowed again during a test.
    private static let day = Duration.seconds(86_400)

    private func nodes(
        _ count: Int, _ body: (RedisServerProcess, [RateLimiter]) async throws -> Void
    ) async throws {
        let server = try await RedisServerProcess()
        let clients = (0..<count).map { _ in
            RedisClient(
                configuration: server.configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }
        try await withCleanup {
            for client in clients { _ = try await client.send(["PING"]) }
            try await body(server, clients.map { RateLimiter(redis: $0, prefix: "t", clock: SystemClock()) })
        } cleanup: {
            for client in clients { await client.shutdown() }
        }
    }

    private func allowed(_ calls: Int, of checks: [RateLimitCheck], at nodes: [RateLimiter]) async -> Int {
        await withTaskGroup(of: Bool.self) { group in
            for call in 0..<calls {
                group.addTask { await nodes[call % nodes.count].check(checks)?.isAllowed == true }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    @Test(arguments: [1, 7, 100]) func `of many concurrent calls at two nodes exactly the limit is allowed`(limit: Int)
        async throws
    {
        try await nodes(2) { _, nodes in
            let check = RateLimitCheck(.tenant, RateLimit(limit: limit, window: Self.day), key: "k")
            #expect(await allowed(300, of: [check], at: nodes) == limit)
        }
    }

    @Test func `a call that one of its limits refuses is counted by none`() async throws {
        try await nodes(2) { _, nodes in
            let narrow = RateLimitCheck(.caller, RateLimit(limit: 3, window: Self.day), key: "narrow")
            let wide = RateLimitCheck(.tenant, RateLimit(limit: 10, window: Self.day), key: "wide")
            #expect(await allowed(50, of: [wide, narrow], at: nodes) == 3)
            #expect(await allowed(50, of: [wide], at: nodes) == 7)
        }
    }

    @Test func `the strictest limit decides and is named`() async throws {
        try await nodes(1) { _, nodes in
            let caller = RateLimitCheck(.caller, RateLimit(limit: 2, window: Self.day), key: "a")
            let tenant = RateLimitCheck(.tenant, RateLimit(limit: 5, window: .seconds(3600)), key: "b")
            let first = try #require(await nodes[0].check([tenant, caller]))
            #expect(first.isAllowed && first.policy == .caller && first.remaining == 1)
            let headers = first.headers([tenant, caller])
            #expect(headers[.rateLimitPolicy] == "\"tenant\";q=5;w=3600, \"caller\";q=2;w=86400")
            #expect(headers[.rateLimitStructured]?.hasPrefix("\"caller\";r=1;t=") == true)
            #expect(headers[.rateLimitLimit] == "2" && headers[.rateLimitRemaining] == "1")
            #expect(headers[.retryAfter] == nil)
            _ = await nodes[0].check([tenant, caller])
            let refused = try #require(await nodes[0].check([tenant, caller]))
            #expect(!refused.isAllowed && refused.policy == .caller && refused.remaining == 0)
            #expect(refused.retryAfter > .seconds(40_000) && refused.retryAfter <= .seconds(43_200))
        }
    }

    /// Without Redis nothing passes without a limit, and nothing is refused because Redis is away.
    @Test func `while Redis is away each node has the limit, and afterwards all nodes share it again`() async throws {
        try await nodes(2) { server, nodes in
            func check(_ key: String) -> [RateLimitCheck] {
                [RateLimitCheck(.address, RateLimit(limit: 4, window: Self.day), key: key)]
            }
            try await server.stop()
            for node in nodes { #expect(await allowed(20, of: check("away"), at: [node]) == 4) }
            try await server.start()
            try await eventually("Redis counts again") {
                let probe = check("back-\(Identifier.v4())")
                let counts = (await allowed(4, of: probe, at: [nodes[0]]), await allowed(4, of: probe, at: [nodes[1]]))
                return counts == (4, 0)
            }
        }
    }

    @Test func `a broken value in Redis neither opens nor closes a limit`() async throws {
        try await nodes(1) { server, nodes in
            let client = RedisClient(
                configuration: server.configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            _ = try await client.send(["SET", "rl:t_text", "no number"])
            _ = try await client.send(["LPUSH", "rl:t_list", "x"])
            await client.shutdown()
            for key in ["text", "list"] {
                let check = RateLimitCheck(.address, RateLimit(limit: 4, window: Self.day), key: key)
                #expect(await allowed(20, of: [check], at: nodes) == 4, "\(key)")
            }
        }
    }

    @Test func `new rules count at once`() {
        let limiter = RateLimiter(redis: nil, prefix: "", clock: SystemClock())
        #expect(limiter.rules.limits(of: .write).tenant == nil)
        limiter.use(RateLimitRules(tenant: RateLimitRules.Limits([.write: 5])))
        #expect(limiter.rules.limits(of: .write).tenant == RateLimit(limit: 5))
        #expect(limiter.rules.limits(of: .read).tenant == nil)
    }
}
