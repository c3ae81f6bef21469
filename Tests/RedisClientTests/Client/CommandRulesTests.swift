import Testing

@testable import RedisClient

@Suite struct CommandRulesTests {
    @Test(
        arguments: [
            ["SUBSCRIBE", "a"], ["psubscribe", "a"], ["SELECT", "1"], ["select", "1"], ["MONITOR"], ["HELLO", "2"],
            ["RESET"], ["QUIT"], ["AUTH", "x"], ["CLIENT", "REPLY", "OFF"], ["client", "tracking", "on"],
        ] as [[RedisArgument]]) func refusesWhatWouldChangeASharedConnection(command: [RedisArgument])
    {
        for inPipeline in [false, true] {
            #expect(throws: RedisError.invalidCommand(.changesConnection)) {
                try CommandRules.check(command, inPipeline: inPipeline)
            }
        }
    }

    @Test(arguments: ["MULTI", "EXEC", "WATCH", "DISCARD"] as [RedisArgument])
    func allowsTransactionsOnlyInAPipeline(name: RedisArgument) throws {
        #expect(throws: RedisError.invalidCommand(.changesConnection)) {
            try CommandRules.check([name], inPipeline: false)
        }
        try CommandRules.check([name], inPipeline: true)
    }

    @Test func refusesNothingElse() throws {
        try CommandRules.check(["CLIENT", "LIST"], inPipeline: false)
        try CommandRules.check(["PUBLISH", "a", "b"], inPipeline: false)
        try CommandRules.check([.bytes([0xff])], inPipeline: false)
        #expect(throws: RedisError.invalidCommand(.empty)) { try CommandRules.check([], inPipeline: false) }
    }
}
