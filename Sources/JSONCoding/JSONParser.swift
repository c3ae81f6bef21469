import Primitives

extension JSONValue {
    /// Reads one JSON text, strictly by RFC 8259: UTF-8 without a byte order mark, white space around it, nothing else.
    ///
    /// Of members with the same key the last value stays, at the place of the first (as JavaScript does), unless the
    /// limits refuse repeated keys. A `\u` escape of half a surrogate pair is refused, as no Unicode text can hold it.
    /// `\u0000` is accepted here; PostgreSQL's text cannot store it, so validation must refuse it where that matters.
    package static func parse(
        _ bytes: [UInt8], limits: JSONLimits = .standard
    ) throws(JSONParseError) -> JSONValue {
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(JSONParseError) in try parse(buffer, limits: limits) }
        }.get()
    }

    /// Reads one JSON text from memory; the result does not refer to it.
    package static func parse(
        _ bytes: UnsafeRawBufferPointer, limits: JSONLimits = .standard
    ) throws(JSONParseError) -> JSONValue {
        guard bytes.count <= limits.bytes else { throw JSONParseError(reason: .tooLong, offset: limits.bytes) }
        var parser = JSONParser(bytes: bytes, limits: limits)
        return try parser.text()
    }

    /// Reads one JSON text.
    package static func parse(
        _ text: String, limits: JSONLimits = .standard
    ) throws(JSONParseError) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }
}

/// A recursive descent over the bytes of one text.
struct JSONParser {
    let bytes: UnsafeRawBufferPointer
    let limits: JSONLimits
    var position = 0
    private var values = 0

    init(bytes: UnsafeRawBufferPointer, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// `JSON-text = ws value ws`
    mutating func text() throws(JSONParseError) -> JSONValue {
        let value = try value(depth: 0)
        skipWhiteSpace()
        guard position == bytes.count else { throw error(.trailingCharacters) }
        return value
    }

    private mutating func value(depth: Int) throws(JSONParseError) -> JSONValue {
        skipWhiteSpace()
        values += 1
        guard values <= limits.values else { throw error(.tooManyValues) }
        switch try peek() {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default: throw error(.unexpectedCharacter)
        }
    }

    private mutating func object(depth: Int) throws(JSONParseError) -> JSONObject {
        guard depth <= limits.depth else { throw error(.tooDeep) }
        position += 1
        var object = JSONObject()
        skipWhiteSpace()
        if try peek() == UInt8(ascii: "}") {
            position += 1
            return object
        }
        while true {
            skipWhiteSpace()
            guard try peek() == UInt8(ascii: "\"") else { throw error(.unexpectedCharacter) }
            let key = try string()
            skipWhiteSpace()
            guard try peek() == UInt8(ascii: ":") else { throw error(.unexpectedCharacter) }
            position += 1
            guard limits.allowsRepeatedKeys || object[key] == nil else { throw error(.repeatedKey) }
            object[key] = try value(depth: depth)
            guard try continues(until: UInt8(ascii: "}")) else { return object }
        }
    }

    private mutating func array(depth: Int) throws(JSONParseError) -> [JSONValue] {
        guard depth <= limits.depth else { throw error(.tooDeep) }
        position += 1
        var elements: [JSONValue] = []
        skipWhiteSpace()
        if try peek() == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            elements.append(try value(depth: depth))
            guard try continues(until: UInt8(ascii: "]")) else { return elements }
        }
    }

    /// Takes a comma (true) or the closing bracket (false).
    private mutating func continues(until bracket: UInt8) throws(JSONParseError) -> Bool {
        skipWhiteSpace()
        let byte = try peek()
        guard byte == bracket || byte == UInt8(ascii: ",") else { throw error(.unexpectedCharacter) }
        position += 1
        return byte != bracket
    }

    private mutating func number() throws(JSONParseError) -> JSONNumber {
        let start = position
        var grammar = NumberGrammar()
        while position < bytes.count, grammar.accepts(bytes[position]) { position += 1 }
        guard grammar.isComplete else { throw error(position == bytes.count ? .unexpectedEnd : .invalidNumber) }
        guard position - start <= limits.numberLength else {
            position = start
            throw error(.numberTooLong)
        }
        return JSONNumber(checked: String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func word(_ word: StaticString) throws(JSONParseError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard try peek() == word.utf8Start[index] else { throw error(.unexpectedCharacter) }
            position += 1
        }
    }

    private mutating func skipWhiteSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    func peek() throws(JSONParseError) -> UInt8 {
        guard position < bytes.count else { throw error(.unexpectedEnd) }
        return bytes[position]
    }

    func error(_ reason: JSONParseError.Reason) -> JSONParseError {
        JSONParseError(reason: reason, offset: position)
    }
}
