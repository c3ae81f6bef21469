import RedisTestSupport
import StackTestSupport
import Testing

/// A drill about clients whose calls are refused.
extension OperationsDrill {
    static func liftLimit(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        let redis = try await RedisServerProcess()
        let client = ["REDIS_CLI_PORT": "\(redis.port)", "REDIS_CLI_HOST": "127.0.0.1"]
        let settings = ["REDIS_PORT": "\(redis.port)", "REDIS_HOST": "127.0.0.1", "RATE_LIMIT_TENANT": "search=1"]
        try await TestStack.run([.tenantManagement], environment: settings) { stack in
            let tenant = try await stack.createTenantID()
            let call = ["TM": stack.tenantManagement.url, "TOKEN": try await stack.tokens.userToken(tenant: tenant)]
            let look = try await shell.succeed(try section.take("curl -si"), environment: call).lowercased()
            #expect(
                look.contains("ratelimit: \"tenant\";r=0;t=") && look.contains("ratelimit-policy: \"tenant\";q=1;w=60"))
            let names = try await shell.succeed(
                try section.take("redis-cli --scan --pattern 'rl:*'"), environment: client)
            #expect(names.contains("tenant:\(tenant)_class:search"))
            try await shell.succeed(
                try section.take("redis-cli --scan --pattern 'rl:*tenant"), replacing: [("019b8d2c-…", tenant)],
                environment: client)
            let left = try await shell.succeed(
                OperationsDocument.Command(kind: .shell, text: "redis-cli --scan --pattern 'rl:*tenant*'"),
                environment: client)
            #expect(left.isEmpty)
        }
    }
}
