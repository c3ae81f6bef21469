import TestSupport
import Testing

@testable import RedisClient

@Suite struct RESPParserTests {
    /// Wire form and meaning of every type that Redis sends.
    static let frames: [(String, RESPFrame)] = [
        ("+OK\r\n", .reply(.simple("OK"))),
        ("+\r\n", .reply(.simple(""))),
        ("-ERR unknown command\r\n", .failure(.init(code: .generic, message: "unknown command"))),
        ("-WRONGTYPE Operation against\r\n", .failure(.init(code: .wrongType, message: "Operation against"))),
        (":0\r\n", .reply(.integer(0))),
        (":+7\r\n", .reply(.integer(7))),
        (":-9223372036854775808\r\n", .reply(.integer(.min))),
        (":9223372036854775807\r\n", .reply(.integer(.max))),
        ("$5\r\nhello\r\n", .reply(.bytes(Array("hello".utf8)))),
        ("$0\r\n\r\n", .reply(.bytes([]))),
        ("$4\r\n\r\n\r\n\r\n", .reply(.bytes(Array("\r\n\r\n".utf8)))),
        ("$-1\r\n", .reply(.null)),
        ("*-1\r\n", .reply(.null)),
        ("_\r\n", .reply(.null)),
        (",3.25\r\n", .reply(.double(3.25))),
        (",-1e3\r\n", .reply(.double(-1000))),
        (",inf\r\n", .reply(.double(.infinity))),
        (",-inf\r\n", .reply(.double(-.infinity))),
        ("#t\r\n", .reply(.boolean(true))),
        ("#f\r\n", .reply(.boolean(false))),
        (
            "(3492890328409238509324850943850943825024385\r\n",
            .reply(.bigNumber("3492890328409238509324850943850943825024385"))
        ),
        ("!21\r\nSYNTAX invalid syntax\r\n", .failure(.init(code: .other("SYNTAX"), message: "invalid syntax"))),
        ("=15\r\ntxt:Some string\r\n", .reply(.bytes(Array("Some string".utf8)))),
        ("*0\r\n", .reply(.array([]))),
        ("*2\r\n:1\r\n$1\r\na\r\n", .reply(.array([.integer(1), .bytes([97])]))),
        ("*3\r\n*1\r\n:1\r\n*0\r\n_\r\n", .reply(.array([.array([.integer(1)]), .array([]), .null]))),
        ("~2\r\n+a\r\n+b\r\n", .reply(.set([.simple("a"), .simple("b")]))),
        (
            "%2\r\n+first\r\n:1\r\n+second\r\n*1\r\n:2\r\n",
            .reply(
                .map([
                    .init(key: .simple("first"), value: .integer(1)),
                    .init(key: .simple("second"), value: .array([.integer(2)])),
                ]))
        ),
        ("%0\r\n", .reply(.map([]))),
        (
            "*2\r\n-ERR a\r\n!5\r\nERR b\r\n",
            .reply(
                .array([
                    .error(.init(code: .generic, message: "a")), .error(.init(code: .generic, message: "b")),
                ]))
        ),
        (">3\r\n+message\r\n$1\r\nc\r\n$1\r\nm\r\n", .push([.simple("message"), .bytes([99]), .bytes([109])])),
        ("|1\r\n+ttl\r\n:3600\r\n$1\r\nx\r\n", .reply(.bytes([120]))),
        ("*2\r\n|1\r\n+k\r\n*1\r\n:9\r\n:1\r\n:2\r\n", .reply(.array([.integer(1), .integer(2)]))),
    ]

    @Test(arguments: frames.indices) func `every type is read`(index: Int) throws {
        let (wire, frame) = Self.frames[index]
        #expect(try decode([Array(wire.utf8)]) == [frame])
    }

    @Test(arguments: frames.indices) func `every type is read, wherever it is split`(index: Int) throws {
        let (wire, frame) = Self.frames[index]
        let bytes = Array(wire.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let chunks = [Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])]
                #expect(try decode(chunks) == [frame], "split at \(first) and \(second)")
            }
        }
    }

    @Test func `many frames of one stream are read, wherever they are split`() throws {
        let stream = Self.frames.flatMap { Array($0.0.utf8) }
        let frames = Self.frames.map(\.1)
        for position in 0...stream.count {
            #expect(try decode([Array(stream[..<position]), Array(stream[position...])]) == frames)
        }
        #expect(try decode(stream.map { [$0] }) == frames)
    }

    @Test func `NaN is read`() throws {
        let frames = try decode([Array(",nan\r\n".utf8)])
        guard case .reply(.double(let double)) = try #require(frames.first) else {
            Issue.record("no double")
            return
        }
        #expect(double.isNaN)
    }

    @Test func `nothing is returned before the last byte`() throws {
        for (wire, _) in Self.frames {
            let bytes = Array(wire.utf8)
            for length in bytes.indices {
                #expect(try decode([Array(bytes[..<length])]).isEmpty)
            }
        }
    }

    @Test(arguments: 0..<40) func `random values survive a round trip`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let values = (0..<20).map { _ in RedisValue.random(depth: 4, using: &generator) }
        let stream = values.flatMap(ServerEncoding.bytes)
        var chunks: [[UInt8]] = []
        var rest = stream[...]
        while !rest.isEmpty {
            let length = Int.random(in: 1...64, using: &generator)
            chunks.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        #expect(try decode(chunks) == values.map { .reply($0) })
    }

    @Test func `a large string that arrives in pieces is read`() throws {
        let body = [UInt8](repeating: 7, count: 1_000_003)
        let stream = Array("*2\r\n$\(body.count)\r\n".utf8) + body + Array("\r\n:1\r\n".utf8)
        let chunks = stride(from: 0, to: stream.count, by: 1500).map { start in
            Array(stream[start..<min(start + 1500, stream.count)])
        }
        #expect(try decode(chunks) == [.reply(.array([.bytes(body), .integer(1)]))])
    }
}
