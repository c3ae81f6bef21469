import NIOCore
import TestSupport
import Testing

@testable import RedisClient

@Suite struct RESPHostileInputTests {
    @Test(arguments: [
        ("x", RESPViolation.unknownType(UInt8(ascii: "x"))),
        ("HTTP/1.1 400 Bad Request\r\n", .unknownType(UInt8(ascii: "H"))),
        ("\r\n", .unknownType(13)),
        ("\u{0}", .unknownType(0)),
        (":\r\n", .malformedNumber),
        (":-\r\n", .malformedNumber),
        (":1 \r\n", .malformedNumber),
        (":0x10\r\n", .malformedNumber),
        (":9223372036854775808\r\n", .malformedNumber),
        (":-9223372036854775809\r\n", .malformedNumber),
        (":99999999999999999999999\r\n", .malformedNumber),
        ("$-2\r\n", .malformedNumber),
        ("$\r\n", .malformedNumber),
        ("$?\r\n", .malformedNumber),
        ("$9223372036854775807\r\n", .bulkTooLong),
        ("*-2\r\n", .malformedNumber),
        ("*?\r\n", .malformedNumber),
        ("*9223372036854775807\r\n", .tooManyElements),
        ("%9223372036854775807\r\n", .tooManyElements),
        ("*2147483647\r\n", .tooManyElements),
        ("%-1\r\n", .malformedNumber),
        ("~-1\r\n", .malformedNumber),
        (">0\r\n", .malformedBody),
        ("*1\r\n>1\r\n+message\r\n", .nestedPush),
        ("_x\r\n", .malformedBody),
        ("#x\r\n", .malformedBody),
        ("#tt\r\n", .malformedBody),
        (",\r\n", .malformedNumber),
        (",0x1p3\r\n", .malformedNumber),
        (",1,5\r\n", .malformedNumber),
        ("(\r\n", .malformedNumber),
        ("(12a\r\n", .malformedNumber),
        ("=3\r\ntxt\r\n", .malformedBody),
        ("=5\r\ntxt-x\r\n", .malformedBody),
        ("+a\rb\r\n", .missingLineEnd),
        ("$1\r\nab\r\n", .missingLineEnd),
        ("$1\r\na\n\r", .missingLineEnd),
    ]) func `malformed input is refused`(wire: String, violation: RESPViolation) {
        #expect(throws: violation) { try decode([Array(wire.utf8)]) }
        #expect(throws: violation) { try decode(Array(wire.utf8).map { [$0] }) }
    }

    @Test func `nesting is limited`() throws {
        let limits = RESPLimits(nestingDepth: 3)
        #expect(try decode([Array("*1\r\n*1\r\n*1\r\n:1\r\n".utf8)], limits: limits).count == 1)
        #expect(throws: RESPViolation.nestedTooDeeply) {
            try decode([Array("*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n".utf8)], limits: limits)
        }
        #expect(throws: RESPViolation.nestedTooDeeply) {
            try decode([Array(String(repeating: "*1\r\n", count: 100_000).utf8)])
        }
    }

    @Test func `the length of a string is limited`() throws {
        let limits = RESPLimits(bulkLength: 4)
        #expect(try decode([Array("$4\r\nabcd\r\n".utf8)], limits: limits) == [.reply(.bytes(Array("abcd".utf8)))])
        #expect(throws: RESPViolation.bulkTooLong) { try decode([Array("$5\r\n".utf8)], limits: limits) }
    }

    @Test func `the elements of all aggregates together are limited`() throws {
        let limits = RESPLimits(elements: 6)
        #expect(try decode([Array("*2\r\n*1\r\n:1\r\n*1\r\n:1\r\n".utf8)], limits: limits).count == 1)
        #expect(throws: RESPViolation.tooManyElements) {
            try decode([Array("*2\r\n*2\r\n:1\r\n:1\r\n*9\r\n".utf8)], limits: limits)
        }
        #expect(throws: RESPViolation.tooManyElements) { try decode([Array("%3\r\n".utf8)], limits: limits) }
    }

    @Test func `each frame is counted anew`() throws {
        let limits = RESPLimits(elements: 2, frameLength: 12)
        let stream = String(repeating: "*1\r\n:1\r\n", count: 50)
        #expect(try decode([Array(stream.utf8)], limits: limits).count == 50)
    }

    @Test func `endless attributes are refused`() throws {
        #expect(throws: RESPViolation.tooManyElements) {
            try decode([Array(String(repeating: "|0\r\n", count: 200).utf8)], limits: RESPLimits(elements: 100))
        }
    }

    @Test func `the length of a line is limited`() throws {
        let limits = RESPLimits(lineLength: 16)
        #expect(try decode([Array("+0123456789abcdef\r\n".utf8)], limits: limits).count == 1)
        for wire in ["+0123456789abcdefg\r\n", "+0123456789abcdefg", "$00000000000000000000001\r\n"] {
            #expect(throws: RESPViolation.lineTooLong) { try decode([Array(wire.utf8)], limits: limits) }
            #expect(throws: RESPViolation.lineTooLong) { try decode(Array(wire.utf8).map { [$0] }, limits: limits) }
        }
    }

    @Test func `the length of a frame is limited before its bytes arrive`() throws {
        let limits = RESPLimits(bulkLength: 100, frameLength: 150)
        let first = "*2\r\n$100\r\n" + String(repeating: "a", count: 100) + "\r\n"
        #expect(throws: RESPViolation.frameTooLong) { try decode([Array((first + "$100\r\n").utf8)], limits: limits) }
    }

    @Test(arguments: 0..<200) func `random bytes crash nothing`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("+-:$*_,#(!=~%>|0123456789\r\n\r\n\r\ntfa".utf8)
        let bytes = (0..<200).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
        // Whatever it says, it says the same however the bytes arrive.
        #expect(Self.outcome([bytes]) == Self.outcome(bytes.map { [$0] }))
    }

    private struct Outcome: Equatable {
        let frames: [RESPFrame]
        let violation: RESPViolation?
    }

    private static func outcome(_ chunks: [[UInt8]]) -> Outcome {
        var decoder = RESPDecoder(limits: RESPLimits())
        var frames: [RESPFrame] = []
        for chunk in chunks {
            decoder.append(ByteBuffer(bytes: chunk))
            do throws(RESPViolation) {
                while let frame = try decoder.next() { frames.append(frame) }
            } catch {
                return Outcome(frames: frames, violation: error)
            }
        }
        return Outcome(frames: frames, violation: nil)
    }
}
