#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The smallest thing the parser reads at once: a scalar, or the header of an aggregate.
enum RESPItem: Sendable {
    case value(RedisValue)
    case failure(RedisServerError)
    /// `count` is the number of values that follow (two for each pair).
    case aggregate(Aggregate, count: Int)

    enum Aggregate: Sendable {
        case array
        case set
        case map
        case push
        case attribute
    }
}

/// Reads one item at a position, or finds out how many bytes are missing.
struct RESPCursor {
    let bytes: UnsafeRawBufferPointer
    private(set) var position: Int
    /// Bytes behind the type byte that hold no line end; saves searching a long unfinished line again.
    private(set) var searched: Int
    /// Set when `readItem` returned nil: bytes needed from the item's beginning.
    private(set) var required = 0
    private let limits: RESPLimits

    init(bytes: UnsafeRawBufferPointer, position: Int, searched: Int, limits: RESPLimits) {
        self.bytes = bytes
        self.position = position
        self.searched = searched
        self.limits = limits
    }

    /// - Parameter spent: bytes of this frame that are already consumed.
    /// - Returns: nil when the item is incomplete; `position` then has not moved.
    mutating func readItem(spent: Int) throws(RESPViolation) -> RESPItem? {
        let type = bytes[position]
        guard Self.isKnown(type) else { throw .unknownType(type) }
        guard let line = try readLine() else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: bytes[line])
        let end = line.upperBound + 2
        switch type {
        case UInt8(ascii: "$"), UInt8(ascii: "!"), UInt8(ascii: "="):
            return try readBulk(type: type, header: text, bodyStart: end, spent: spent)
        case UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: "%"), UInt8(ascii: ">"), UInt8(ascii: "|"):
            let item = try Self.aggregate(type: type, header: text)
            position = end
            return item
        default:
            let item = try Self.scalar(type: type, text: text)
            position = end
            return item
        }
    }

    private static func isKnown(_ type: UInt8) -> Bool {
        switch type {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: ","),
            UInt8(ascii: "#"), UInt8(ascii: "("), UInt8(ascii: "$"), UInt8(ascii: "!"), UInt8(ascii: "="),
            UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: "%"), UInt8(ascii: ">"), UInt8(ascii: "|"):
            true
        default: false
        }
    }

    /// The bytes between the type byte and CR LF.
    private mutating func readLine() throws(RESPViolation) -> Range<Int>? {
        let start = position + 1
        var search = start + searched
        let available = bytes.count - search
        if available > 0, let base = bytes.baseAddress,
            let found = memchr(base + search, Int32(UInt8(ascii: "\r")), available)
        {
            search = UnsafeRawPointer(found) - base
            guard search - start <= limits.lineLength else { throw .lineTooLong }
            if search + 1 < bytes.count {
                guard bytes[search + 1] == UInt8(ascii: "\n") else { throw .missingLineEnd }
                return start..<search
            }
        } else {
            search = max(bytes.count, start)
            guard search - start <= limits.lineLength else { throw .lineTooLong }
        }
        searched = search - start
        required = search - position + (search < bytes.count ? 2 : 1)
        return nil
    }

    private mutating func readBulk(
        type: UInt8, header: UnsafeRawBufferPointer, bodyStart: Int, spent: Int
    ) throws(RESPViolation) -> RESPItem? {
        guard let length = DecimalDigits.int64(header) else { throw .malformedNumber }
        if length == -1, type == UInt8(ascii: "$") {  // the null of RESP2
            position = bodyStart
            return .value(.null)
        }
        guard length >= 0 else { throw .malformedNumber }
        guard length <= Int64(limits.bulkLength) else { throw .bulkTooLong }
        let end = bodyStart + Int(length)
        guard spent + end - position <= limits.frameLength else { throw .frameTooLong }
        guard bytes.count >= end + 2 else {
            required = end + 2 - position
            searched = bodyStart - 2 - (position + 1)  // the header's line end is found again at once
            return nil
        }
        guard bytes[end] == UInt8(ascii: "\r"), bytes[end + 1] == UInt8(ascii: "\n") else { throw .missingLineEnd }
        position = end + 2
        let body = UnsafeRawBufferPointer(rebasing: bytes[bodyStart..<end])
        switch type {
        case UInt8(ascii: "!"):
            return .failure(RedisServerError(line: body))
        case UInt8(ascii: "="):
            guard body.count >= 4, body[3] == UInt8(ascii: ":") else { throw .malformedBody }
            return .value(.bytes(Array(body[4...])))
        default:
            return .value(.bytes(Array(body)))
        }
    }

    private static func aggregate(type: UInt8, header: UnsafeRawBufferPointer) throws(RESPViolation) -> RESPItem {
        guard let count = DecimalDigits.int64(header) else { throw .malformedNumber }
        if count == -1, type == UInt8(ascii: "*") { return .value(.null) }  // the null of RESP2
        guard count >= 0 else { throw .malformedNumber }
        guard count <= Int64(Int32.max) else { throw .tooManyElements }
        switch type {
        case UInt8(ascii: "*"): return .aggregate(.array, count: Int(count))
        case UInt8(ascii: "~"): return .aggregate(.set, count: Int(count))
        case UInt8(ascii: "%"): return .aggregate(.map, count: Int(count) * 2)
        case UInt8(ascii: "|"): return .aggregate(.attribute, count: Int(count) * 2)
        default:
            guard count > 0 else { throw .malformedBody }  // a push without a kind
            return .aggregate(.push, count: Int(count))
        }
    }

    private static func scalar(type: UInt8, text: UnsafeRawBufferPointer) throws(RESPViolation) -> RESPItem {
        switch type {
        case UInt8(ascii: "+"):
            return .value(.simple(String(decoding: text, as: UTF8.self)))
        case UInt8(ascii: "-"):
            return .failure(RedisServerError(line: text))
        case UInt8(ascii: ":"):
            guard let integer = DecimalDigits.int64(text) else { throw .malformedNumber }
            return .value(.integer(integer))
        case UInt8(ascii: "_"):
            guard text.isEmpty else { throw .malformedBody }
            return .value(.null)
        case UInt8(ascii: "#"):
            guard text.count == 1, text[0] == UInt8(ascii: "t") || text[0] == UInt8(ascii: "f") else {
                throw .malformedBody
            }
            return .value(.boolean(text[0] == UInt8(ascii: "t")))
        case UInt8(ascii: "("):
            let digits = text.first == UInt8(ascii: "-") || text.first == UInt8(ascii: "+") ? text[1...] : text[...]
            guard !digits.isEmpty, digits.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) else { throw .malformedNumber }
            return .value(.bigNumber(String(decoding: text, as: UTF8.self)))
        default:
            return .value(.double(try double(text)))
        }
    }

    /// RESP3 doubles: decimal with optional exponent, `inf`, `-inf`, `nan`. Swift's hexadecimal forms are refused.
    private static func double(_ text: UnsafeRawBufferPointer) throws(RESPViolation) -> Double {
        let string = String(decoding: text, as: UTF8.self)
        switch string {
        case "inf", "+inf": return .infinity
        case "-inf": return -.infinity
        case "nan", "-nan": return .nan
        default:
            guard string.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let double = Double(string) else {
                throw .malformedNumber
            }
            return double
        }
    }
}
