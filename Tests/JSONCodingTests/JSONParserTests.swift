import JSONCoding
import Testing

@Suite struct JSONParserTests {
    @Test func `values of every kind are read`() throws {
        let value = try JSONValue.parse(
            " {\"a\":null,\"b\":[true,false],\"c\":\"x\",\"d\":-1.5e+2,\r\n\t\"e\":{\"f\":[ ],\"g\":{ }}} ")
        let expected: JSONValue = [
            "a": nil, "b": [true, false], "c": "x", "d": .number(try #require(JSONNumber(literal: "-1.5e+2"))),
            "e": ["f": [], "g": [:]],
        ]
        #expect(value == expected)
        #expect(value["d"]?.doubleValue == -150)
        #expect(value["b"]?[1] == false)
        #expect(value["b"]?[2] == nil)
        #expect(value["e"]?["f"]?.arrayValue?.isEmpty == true)
        #expect(value.objectValue?.keys == ["a", "b", "c", "d", "e"])
    }

    @Test(arguments: [
        "0", "-0", "-1", "10", "0.5", "1.50", "1e5", "1E-5", "1e+05", "0e0", "-0.0e-0",
        "123456789012345678901234567890",
    ])
    func `the text of numbers is kept`(literal: String) throws {
        #expect(try JSONValue.parse(literal).numberValue?.literal == literal)
        #expect(try text(JSONValue.parse("[\(literal)]").serialized()) == "[\(literal)]")
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("{", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2),
            ("[1,", .unexpectedEnd, 3), ("{\"a\"", .unexpectedEnd, 4), ("{\"a\":", .unexpectedEnd, 5),
            ("\"abc", .unexpectedEnd, 4),
            ("\"a\\", .unexpectedEnd, 3), ("\"a\\u00", .unexpectedEnd, 6), ("tru", .unexpectedEnd, 3),
            ("-", .unexpectedEnd, 1),
            ("1.", .unexpectedEnd, 2), ("1e", .unexpectedEnd, 2), ("\"\u{e9}", .unexpectedEnd, 3),
            ("[1,]", .unexpectedCharacter, 3), ("{\"a\":1,}", .unexpectedCharacter, 7),
            ("{a:1}", .unexpectedCharacter, 1),
            ("{'a':1}", .unexpectedCharacter, 1), ("[1 2]", .unexpectedCharacter, 3),
            ("{\"a\" 1}", .unexpectedCharacter, 5),
            ("{\"a\":1 \"b\":2}", .unexpectedCharacter, 7), ("[1}", .unexpectedCharacter, 2),
            ("{1:2}", .unexpectedCharacter, 1),
            ("tRue", .unexpectedCharacter, 1), ("nul!", .unexpectedCharacter, 3), ("NaN", .unexpectedCharacter, 0),
            ("Infinity", .unexpectedCharacter, 0), ("undefined", .unexpectedCharacter, 0),
            ("+1", .unexpectedCharacter, 0),
            (".5", .unexpectedCharacter, 0), ("// x\n1", .unexpectedCharacter, 0),
            ("[1,/**/2]", .unexpectedCharacter, 3),
            ("\u{feff}1", .unexpectedCharacter, 0), ("\u{a0}1", .unexpectedCharacter, 0),
            ("\u{0b}1", .unexpectedCharacter, 0),
            ("{\"a\":1}x", .trailingCharacters, 7), ("1 2", .trailingCharacters, 2), ("01", .trailingCharacters, 1),
            ("-01", .trailingCharacters, 2), ("0x1", .trailingCharacters, 1), ("1\0", .trailingCharacters, 1),
            ("true false", .trailingCharacters, 5),
            ("1.e5", .invalidNumber, 2), ("1.x", .invalidNumber, 2), ("-x", .invalidNumber, 1),
            ("1e+x", .invalidNumber, 3), ("[-]", .invalidNumber, 2),
            ("\"a\nb\"", .controlCharacter, 2), ("\"a\tb\"", .controlCharacter, 2), ("\"\0\"", .controlCharacter, 1),
            ("\"\\x\"", .invalidEscape, 1), ("\"ab\\'\"", .invalidEscape, 3), ("\"\\u12g4\"", .invalidEscape, 1),
            ("\"\\u+123\"", .invalidEscape, 1),
            ("\"\\U0041\"", .invalidEscape, 1),
            ("\"\\ud800\"", .unpairedSurrogate, 1), ("\"x\\udc00\"", .unpairedSurrogate, 2),
            ("\"\\ud800\\u0041\"", .unpairedSurrogate, 1),
            ("\"\\ud800x\"", .unpairedSurrogate, 1), ("\"\\udbff\\udbff\"", .unpairedSurrogate, 1),
            ("{\"\\ude00\":1}", .unpairedSurrogate, 2),
            ("\"\\ud83d\\n\"", .unpairedSurrogate, 1), ("\"\\ud83d", .unpairedSurrogate, 1),
        ] as [(String, JSONParseError.Reason, Int)])
    func `invalid text is refused with reason and offset`(json: String, reason: JSONParseError.Reason, offset: Int) {
        let error = #expect(throws: JSONParseError.self) { try JSONValue.parse(json) }
        #expect(error?.reason == reason)
        #expect(error?.offset == offset)
        #expect(error?.description == "\(reason.rawValue) at byte \(offset)")
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xE2, 0x82],
            [0xE2, 0x28, 0xA1], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE], [0xF0, 0x9F, 0x98],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
        for padding in 0..<9 {
            let text = [UInt8(ascii: "\"")] + Array(repeating: UInt8(ascii: "a"), count: padding) + bytes
            let error = #expect(throws: JSONParseError.self) { try JSONValue.parse(text + Array("zz\"".utf8)) }
            #expect(error == JSONParseError(reason: .invalidUTF8, offset: padding + 1))
        }
        #expect(throws: JSONParseError.self) { try JSONValue.parse(bytes) }
    }

    @Test func `escapes are read`() throws {
        let value = try JSONValue.parse(#""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\uDE00\u0000é""#)
        #expect(value.stringValue.map { Array($0.utf8) } == Array("\"\\/\u{8}\u{c}\n\r\tAé€😀\u{0}é".utf8))
    }

    @Test func `of equal keys the last value stays at the first position`() throws {
        #expect(try text(JSONValue.parse(#"{"a":1,"b":2,"\u0061":3}"#).serialized()) == #"{"a":3,"b":2}"#)
    }

    @Test func `depth is limited`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try JSONValue.parse(nested(64)) }
        #expect(throws: JSONParseError(reason: .tooDeep, offset: 64)) { try JSONValue.parse(nested(65)) }
        #expect(throws: JSONParseError(reason: .tooDeep, offset: 64)) {
            try JSONValue.parse(String(repeating: "[", count: 1_000_000))
        }
        #expect(throws: JSONParseError(reason: .tooDeep, offset: 10)) {
            try JSONValue.parse(#"{"a":{"b":{"c":1}}}"#, limits: JSONLimits(depth: 2))
        }
        #expect(throws: Never.self) { try JSONValue.parse("1", limits: JSONLimits(depth: 0)) }
        #expect(JSONLimits(depth: 1_000_000).depth == 512)
        #expect(throws: Never.self) { try JSONValue.parse(nested(512), limits: JSONLimits(depth: 512)) }
    }

    @Test func `sizes are limited`() throws {
        #expect(throws: JSONParseError(reason: .tooLong, offset: 4)) {
            try JSONValue.parse("[1,2]", limits: JSONLimits(bytes: 4))
        }
        #expect(throws: Never.self) { try JSONValue.parse("[12]", limits: JSONLimits(bytes: 4)) }
        #expect(throws: JSONParseError(reason: .numberTooLong, offset: 1)) {
            try JSONValue.parse("[" + String(repeating: "1", count: 513) + "]")
        }
        #expect(throws: Never.self) { try JSONValue.parse(String(repeating: "1", count: 512)) }
    }

    @Test func `many members are read in order and found`() throws {
        let json = "{" + (0..<20_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + ",\"k7\":-7}"
        let object = try #require(JSONValue.parse(json).objectValue)
        #expect(object.count == 20_000)
        #expect(object["k7"] == -7)
        #expect(object["k19999"] == 19_999)
        #expect(object.keys == (0..<20_000).map { "k\($0)" })
    }
}
