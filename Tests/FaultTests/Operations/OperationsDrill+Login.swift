import JSONCoding
import RedisTestSupport
import StackTestSupport
import Testing

/// A drill about operators who cannot log in, or should not be logged in.
extension OperationsDrill {
    static func inspectLogin(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        let redis = try await RedisServerProcess()
        let client = ["REDIS_CLI_PORT": "\(redis.port)", "REDIS_CLI_HOST": "127.0.0.1"]
        try await OpenIDProviderPeer.run { issuer in
            let settings = OpenIDProviderPeer.environment(issuer)
                .merging(["REDIS_PORT": "\(redis.port)", "REDIS_HOST": "127.0.0.1"]) { $1 }
            try await TestStack.run([.tenantManagement], environment: settings) { stack in
                let url = stack.tenantManagement.url
                let call = ["TM": url, "TOKEN": stack.admin, "OIDC_ISSUER": issuer]
                let document = try await shell.succeed(try section.take("curl -s \"$OIDC_ISSUER"), environment: call)
                #expect(document.contains("\"issuer\": \"\(issuer)\""))
                let login = try await shell.succeed(try section.take("curl -si"), environment: call)
                #expect(login.contains("302") && login.contains("\(issuer)/"), "\(login)")

                let browser = TestBrowser()
                try await OpenIDProviderPeer.logIn(browser, at: url)
                let caller = try await browser.send("GET", "\(url)/auth/session").expect(200)
                let user = try caller.response.string("userId")
                let list = try await shell.succeed(
                    try section.take("curl -s -H"), replacing: [("019b8d2c-…", user)], environment: call)
                #expect(list.contains("\"userName\":\"Ann Example\""))
                let ended = try await shell.succeed(
                    try section.take("curl -s -X DELETE"), replacing: [("019b8d2c-…", user)], environment: call)
                #expect(ended == "{\"count\":1}")
                try await browser.send("GET", "\(url)/tenants").expect(401)

                try await OpenIDProviderPeer.logIn(browser, at: url)
                try await shell.succeed(try section.take("redis-cli --scan"), environment: client)
                try await browser.send("GET", "\(url)/tenants").expect(401)
            }
        }
    }
}
