import JSONCoding
import Testing

@Suite struct JSONValueTests {
    @Test func `nested values are found`() {
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
