import NIOCore
import TestSupport

@testable import RedisClient

/// What a server would write: the opposite of the parser, for tests.
enum ServerEncoding {
    static func bytes(_ value: RedisValue) -> [UInt8] {
        switch value {
        case .null: text("_\r\n")
        case .simple(let string): text("+\(string)\r\n")
        case .bytes(let bytes): text("$\(bytes.count)\r\n") + bytes + text("\r\n")
        case .integer(let integer): text(":\(integer)\r\n")
        case .double(let double): text(",\(double)\r\n")
        case .boolean(let boolean): text(boolean ? "#t\r\n" : "#f\r\n")
        case .bigNumber(let digits): text("(\(digits)\r\n")
        case .array(let elements): text("*\(elements.count)\r\n") + elements.flatMap(bytes)
        case .set(let elements): text("~\(elements.count)\r\n") + elements.flatMap(bytes)
        case .map(let entries): text("%\(entries.count)\r\n") + entries.flatMap { bytes($0.key) + bytes($0.value) }
        case .error(let error): text("-\(error.code) \(error.message)\r\n")
        }
    }

    static func text(_ text: String) -> [UInt8] { Array(text.utf8) }
}

extension RedisValue {
    /// A random value with at most `depth` aggregates inside each other.
    static func random(depth: Int, using generator: inout SeededGenerator) -> RedisValue {
        func elements(_ count: Int) -> [RedisValue] {
            (0..<count).map { _ in .random(depth: depth - 1, using: &generator) }
        }
        let size = Int.random(in: 0...5, using: &generator)
        switch Int.random(in: 0..<(depth > 0 ? 11 : 8), using: &generator) {
        case 0: return .null
        case 1: return .simple(String(repeating: "ok ", count: size))
        case 2: return .bytes((0..<size * 7).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        case 3: return .integer(Int64.random(in: .min ... .max, using: &generator))
        case 4: return .double(Double.random(in: -1e9...1e9, using: &generator))
        case 5: return .boolean(.random(using: &generator))
        case 6: return .bigNumber("-" + String(repeating: "1234567890", count: size + 1))
        case 7:
            // An error is a value only inside another value.
            return depth > 0 ? .array([.error(RedisServerError(code: .wrongType, message: "no"))]) : .null
        case 8: return .array(elements(size))
        case 9: return .set(elements(size))
        default: return .map(zip(elements(size), elements(size)).map { RedisMapEntry(key: $0, value: $1) })
        }
    }
}

/// Feeds chunks to a decoder and collects every frame.
func decode(_ chunks: [[UInt8]], limits: RESPLimits = RESPLimits()) throws(RESPViolation) -> [RESPFrame] {
    var decoder = RESPDecoder(limits: limits)
    var frames: [RESPFrame] = []
    for chunk in chunks {
        decoder.append(ByteBuffer(bytes: chunk))
        while let frame = try decoder.next() { frames.append(frame) }
    }
    return frames
}
