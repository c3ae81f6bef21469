import JSONCoding
import Testing

@Suite struct JavaScriptSerializationTests {
    @Test(arguments: javaScriptGoldens)
    func `strings are written like in Node`(json: String, stringified: String) throws {
        let ours = try JSONValue.parse(json).javaScriptSerialized()
        #expect(ours == Array(stringified.utf8), "\(text(ours)) is not \(stringified)")
    }

    @Test(arguments: javaScriptDoubles)
    func `doubles are written like in Node`(bits: UInt64, expected: String) throws {
        #expect(text(Double(bitPattern: bits).jsonBytes()) == expected)
        #expect(try text(JSONValue.parse(expected).javaScriptSerialized()) == expected)
    }

    @Test func `the signed body of the contract is its own normal form`() throws {
        // docs/contract/arc-api.md 9.4, the first test vector.
        let body = #"""
            {"initiatorId":"11111111-1111-1111-1111-111111111111","type":0,"data":{"status":1,"resources":\#
            [{"type":"bucket","metadata":{"bucket":"b","path":"p"}}],"appPlaneUrl":"https://t.example.com"}}
            """#
        #expect(try text(JSONValue.parse(body).javaScriptSerialized()) == body)
        let spaced = body.replacing(":", with: " :\t").replacing("https :\t", with: "https:").replacing(
            ",", with: "\n, ")
        #expect(try text(JSONValue.parse(spaced).javaScriptSerialized()) == body)
    }

    @Test func `the normal form of a normal form is itself`() throws {
        for _ in 0..<500 {
            let once = randomValue(depth: 4).javaScriptSerialized()
            #expect(try JSONValue.parse(once).javaScriptSerialized() == once)
        }
    }
}
