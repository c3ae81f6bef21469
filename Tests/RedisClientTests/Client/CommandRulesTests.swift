import Testing

@testable import RedisClient

@Suite struct CommandRulesTests {
    @Test(
        arguments: [
            ["SUBSCRIBE", "a"], ["psubscribe", "a"], ["SELECT", "1"], ["select", "1"], ["MONITOR"], ["HELLO", "2"],
            ["RESET"], ["QUIT"], ["AUTH", "x"], ["CLIENT", "REPLY", "OFF"], ["client", "tracking", "on"],
        ] as [[RedisArgument]]) func `commands that would change a shared connection are refused`(
            command: [RedisArgument]
        )
    {
        for inPipeline in [false, true] {
            #expect(throws: RedisError.invalidCommand(.changesConnection)) {
                try CommandRules.check(command, inPipeline: inPipeline)
            }
        }
    }

    @Test(arguments: ["MULTI", "EXEC", "WATCH", "DISCARD"] as [RedisArgument])
    func `transactions are allowed in a pipeline only`(name: RedisArgument) throws {
        #expect(throws: RedisError.invalidCommand(.changesConnection)) {
            try CommandRules.check([name], inPipeline: false)
        }
        try CommandRules.check([name], inPipeline: true)
    }

    @Test func `no other command is refused`() throws {
        try CommandRules.check(["CLIENT", "LIST"], inPipeline: false)
        try CommandRules.check(["PUBLISH", "a", "b"], inPipeline: false)
        try CommandRules.check([.bytes([0xff])], inPipeline: false)
        #expect(throws: RedisError.invalidCommand(.empty)) { try CommandRules.check([], inPipeline: false) }
    }
}
