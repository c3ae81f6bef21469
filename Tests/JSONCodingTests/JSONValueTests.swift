import JSONCoding
import Testing

@Suite struct JSONNumberTests {
    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("7.0", 7), ("70e-1", 7), ("0.7e1", 7), ("-12.300e1", -123), ("1e3", 1000),
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("0e999999999999999999999", 0),
            ("0.000", 0), ("1000000000000000000000e-3", 1_000_000_000_000_000_000),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("1e19", nil), ("0.5", nil), ("7.01", nil),
            ("1e-1", nil), ("1e400", nil), ("1e-99999999999999999999", nil), ("1e99999999999999999999", nil),
        ] as [(String, Int64?)])
    func wholeNumbersHoweverWritten(literal: String, expected: Int64?) throws {
        let number = try #require(JSONNumber(literal: literal))
        #expect(number.int64 == expected)
    }

    @Test func integersAreRecognized() {
        for literal in ["1", "1.0", "1e2", "0", "-5.00", "120e-1", "123456789012345678901234567890"] {
            #expect(JSONNumber(literal: literal)?.isInteger == true)
        }
        for literal in ["0.1", "1.5", "1e-1", "12e-2", "123456789012345678901234567890.5"] {
            #expect(JSONNumber(literal: literal)?.isInteger == false)
        }
    }

    @Test func onlyNumbersAreTaken() {
        for literal in [
            "", "-", "01", "1.", ".1", "+1", "1e", "1e+", "NaN", "Infinity", "0x10", "1 ", " 1", "1,0", "٣",
        ] {
            #expect(JSONNumber(literal: literal) == nil)
        }
        #expect(JSONNumber(Double.nan) == nil)
        #expect(JSONNumber(-Double.infinity) == nil)
        #expect(JSONNumber(0.1)?.literal == "0.1")
        #expect(JSONNumber(UInt64.max).literal == "18446744073709551615")
    }

    @Test func doublesAreTheNearest() {
        #expect(JSONNumber(literal: "0.1")?.double == 0.1)
        #expect(JSONNumber(literal: "9007199254740993")?.double == 9_007_199_254_740_992)
        #expect(JSONNumber(literal: "1e400")?.double == .infinity)
        #expect(JSONNumber(literal: "-1e400")?.double == -.infinity)
        #expect(JSONNumber(literal: "1e-400")?.double == 0)
    }
}

@Suite struct JSONObjectTests {
    @Test func keepsTheOrderAndReplacesInPlace() {
        var object: JSONObject = ["b": 1, "a": 2]
        object["c"] = 3
        object["b"] = 4
        #expect(object.keys == ["b", "a", "c"])
        #expect(object["b"] == 4)
        object["a"] = nil
        #expect(object.map(\.key) == ["b", "c"])
        #expect(object.count == 2)
        object["none"] = nil
        #expect(object.count == 2)
        #expect(object["none"] == nil)
        object["null"] = .some(.null)
        #expect(object["null"] == .some(.null))
    }

    @Test func behavesLikeALinearList() {
        // Around the size from which keys are indexed.
        for _ in 0..<200 {
            var object = JSONObject()
            var model: [(String, JSONValue)] = []
            for step in 0..<60 {
                let key = "k\(Int.random(in: 0..<25))"
                let index = model.firstIndex { $0.0 == key }
                if Int.random(in: 0..<4) == 0 {
                    object[key] = nil
                    if let index { model.remove(at: index) }
                } else {
                    object[key] = .integer(step)
                    if let index { model[index].1 = .integer(step) } else { model.append((key, .integer(step))) }
                }
            }
            #expect(object.keys == model.map(\.0))
            #expect(model.allSatisfy { object[$0.0] == $0.1 })
        }
    }

    @Test func equalityIgnoresTheOrder() {
        let left: JSONObject = ["a": 1, "b": [1, 2]]
        let right: JSONObject = ["b": [1, 2], "a": 1]
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(left != ["a": 1])
        #expect(left != ["a": 1, "b": [2, 1]])
        #expect(left != ["a": 1, "c": [1, 2]])
    }

    @Test func keysAreComparedByTheirBytes() {
        var object: JSONObject = ["\u{e9}": 1]
        object["e\u{301}"] = 2
        #expect(object.count == 2)
        for number in 0..<30 { object["k\(number)"] = .integer(number) }
        #expect(object["\u{e9}"] == 1)
        #expect(object["e\u{301}"] == 2)
    }
}

@Suite struct JSONValueTests {
    @Test func looksInside() {
        let value: JSONValue = ["s": "x", "b": true, "i": 5, "d": 1.5, "n": nil, "a": [1], "o": ["k": "v"]]
        #expect(value["s"]?.stringValue == "x")
        #expect(value["b"]?.boolValue == true)
        #expect(value["i"]?.intValue == 5)
        #expect(value["d"]?.doubleValue == 1.5)
        #expect(value["d"]?.intValue == nil)
        #expect(value["n"]?.isNull == true)
        #expect(value["a"]?[0]?.intValue == 1)
        #expect(value["a"]?[-1] == nil)
        #expect(value["o"]?["k"]?.stringValue == "v")
        #expect(value["missing"] == nil)
        #expect(value["s"]?["k"] == nil)
        #expect(value["i"]?.stringValue == nil)
        #expect(value["s"]?.intValue == nil)
        #expect(text(value.serialized()) == #"{"s":"x","b":true,"i":5,"d":1.5,"n":null,"a":[1],"o":{"k":"v"}}"#)
    }
}

@Suite struct JSONDepthTests {
    /// A value is as deep as the smallest limit that lets the parser read it.
    @Test(
        arguments: [
            "1", "[]", "{}", "[1]", "[[1], 2]", #"{"a": [{"b": []}], "c": {}}"#, #"[{"a": "[[[["}]"#,
            String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
        ])
    func isWhatTheParserCounts(text: String) throws {
        let depth = try JSONValue.parse(text).depth
        #expect(throws: Never.self) { try JSONValue.parse(text, limits: JSONLimits(depth: depth)) }
        guard depth > 0 else { return }
        let error = #expect(throws: JSONParseError.self) {
            try JSONValue.parse(text, limits: JSONLimits(depth: depth - 1))
        }
        #expect(error?.reason == .tooDeep)
    }
}
