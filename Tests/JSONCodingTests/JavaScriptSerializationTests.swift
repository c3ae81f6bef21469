import JSONCoding
import Testing

@Suite struct JavaScriptSerializationTests {
    @Test(arguments: javaScriptGoldens)
    func textsAreThoseOfNode(json: String, stringified: String) throws {
        let ours = try JSONValue.parse(json).javaScriptSerialized()
        #expect(ours == Array(stringified.utf8), "\(text(ours)) is not \(stringified)")
    }

    @Test(arguments: javaScriptDoubles)
    func doublesAreThoseOfNode(bits: UInt64, expected: String) throws {
        #expect(text(Double(bitPattern: bits).jsonBytes()) == expected)
        #expect(try text(JSONValue.parse(expected).javaScriptSerialized()) == expected)
    }

    @Test func theSignedBodyOfTheContractIsItsOwnNormalForm() throws {
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

    @Test func isItsOwnNormalForm() throws {
        for _ in 0..<500 {
            let once = randomValue(depth: 4).javaScriptSerialized()
            #expect(try JSONValue.parse(once).javaScriptSerialized() == once)
        }
    }
}
