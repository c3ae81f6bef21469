import Testing

@testable import RedisClient

@Suite struct RedisValueTests {
    @Test func `counters are read from text`() {
        #expect(RedisValue.bytes(Array("42".utf8)).integer == 42)
        #expect(RedisValue.simple("-1").integer == -1)
        #expect(RedisValue.bytes(Array("4x".utf8)).integer == nil)
        #expect(RedisValue.null.integer == nil)
    }

    @Test func `maps are read by key`() {
        let map = RedisValue.map([
            .init(key: .bytes(Array("proto".utf8)), value: .integer(3)), .init(key: .simple("role"), value: .null),
        ])
        #expect(map["proto"]?.integer == 3)
        #expect(map["role"]?.isNull == true)
        #expect(map["missing"] == nil)
        #expect(RedisValue.array([])["proto"] == nil)
    }

    @Test func `Boolean values of old commands are read`() {
        #expect(RedisValue.integer(1).boolean == true)
        #expect(RedisValue.integer(0).boolean == false)
        #expect(RedisValue.integer(2).boolean == nil)
    }

    @Test(arguments: [
        ("LOADING Redis is loading the dataset in memory", RedisServerError.Code.loading),
        ("READONLY You can't write against a read only replica.", .readOnly),
        ("MOVED 3999 127.0.0.1:6381", .moved), ("ASK 3999 127.0.0.1:6381", .ask),
        ("OOM command not allowed", .outOfMemory),
        ("NOAUTH Authentication required.", .authenticationRequired), ("WRONGPASS invalid", .wrongPassword),
        ("NOPERM this user has no permissions", .noPermission), ("NOSCRIPT No matching script.", .noScript),
        ("EXECABORT Transaction discarded", .transactionAborted), ("ERR syntax error", .generic),
        ("UNKILLABLE Sorry", .other("UNKILLABLE")), ("no code here", .generic), ("", .generic),
    ]) func `the code of an error is read`(line: String, code: RedisServerError.Code) {
        let error = Array(line.utf8).withUnsafeBytes { RedisServerError(line: $0) }
        #expect(error.code == code)
    }

    @Test func `the message of an error is never printed`() {
        let error = RedisServerError(code: .generic, message: "unknown command 'secret'")
        var dumped = ""
        dump(RedisError.server(error), to: &dumped)
        let failure = RedisError.notConnected(.handshake(error))
        for text in ["\(error)", String(reflecting: error), "\(RedisError.server(error))", "\(failure)", dumped] {
            #expect(!text.contains("secret"))
        }
        #expect("\(RedisError.server(error))".contains("ERR"))
    }
}
