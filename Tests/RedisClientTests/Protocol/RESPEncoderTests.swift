import NIOCore
import Testing

@testable import RedisClient

@Suite struct RESPEncoderTests {
    private func wire(_ arguments: [RedisArgument]) -> String {
        var buffer = ByteBuffer()
        buffer.writeCommand(arguments)
        return String(buffer: buffer)
    }

    @Test func `text, bytes and integers are written`() {
        #expect(wire(["GET", "key"]) == "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n")
        #expect(wire(["SET", .text(""), .bytes([])]) == "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$0\r\n\r\n")
        #expect(wire(["X", .text("é\r\n")]) == "*2\r\n$1\r\nX\r\n$4\r\né\r\n\r\n")
    }

    @Test(arguments: [0, 9, 10, 99, 100, -1, -10, Int64.max, Int64.min, 1_234_567_890_123_456_789])
    func `integers are written as decimal digits`(integer: Int64) {
        let digits = "\(integer)"
        #expect(wire([.integer(integer)]) == "*1\r\n$\(digits.utf8.count)\r\n\(digits)\r\n")
    }

    @Test func `any byte is written`() {
        var buffer = ByteBuffer()
        let bytes = (0...255).map { UInt8($0) }
        buffer.writeBulk(bytes)
        #expect(Array(buffer: buffer) == Array("$256\r\n".utf8) + bytes + Array("\r\n".utf8))
    }

    @Test func `many arguments are written`() throws {
        let arguments = (0..<1000).map { RedisArgument($0) }
        let frames = try decode([Array(wire(arguments).utf8)])
        #expect(frames == [.reply(.array((0..<1000).map { .bytes(Array("\($0)".utf8)) }))])
    }

    @Test func `arguments are never printed`() {
        let argument: RedisArgument = "secret"
        var dumped = ""
        dump(argument, to: &dumped)
        for text in ["\(argument)", String(reflecting: argument), dumped, "\([argument])"] {
            #expect(!text.contains("secret"))
        }
    }
}
