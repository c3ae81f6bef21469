import JSONCoding
import Testing

@Suite struct JSONDepthTests {
    /// A value is as deep as the smallest limit that lets the parser read it.
    @Test(
        arguments: [
            "1", "[]", "{}", "[1]", "[[1], 2]", #"{"a": [{"b": []}], "c": {}}"#, #"[{"a": "[[[["}]"#,
            String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
        ])
    func `the depth is the one that the parser counts`(text: String) throws {
        let depth = try JSONValue.parse(text).depth
        #expect(throws: Never.self) { try JSONValue.parse(text, limits: JSONLimits(depth: depth)) }
        guard depth > 0 else { return }
        let error = #expect(throws: JSONParseError.self) {
            try JSONValue.parse(text, limits: JSONLimits(depth: depth - 1))
        }
        #expect(error?.reason == .tooDeep)
    }

    /// Members and elements are values as well as what contains them.
    @Test(arguments: [("1", 1), ("[]", 1), ("[1,2]", 3), (#"{"a":1,"a":[null]}"#, 4)])
    func `a text has as many values as are allowed, and no more`(text: String, count: Int) throws {
        #expect(throws: Never.self) { try JSONValue.parse(text, limits: JSONLimits(values: count)) }
        let error = #expect(throws: JSONParseError.self) {
            try JSONValue.parse(text, limits: JSONLimits(values: count - 1))
        }
        #expect(error?.reason == .tooManyValues)
    }
}
