import JSONCoding
import Testing

@Suite struct JSONObjectTests {
    @Test func `an object keeps its order and replaces in place`() {
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

    @Test func `an object behaves like a linear list`() {
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

    @Test func `equality ignores the order`() {
        let left: JSONObject = ["a": 1, "b": [1, 2]]
        let right: JSONObject = ["b": [1, 2], "a": 1]
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(left != ["a": 1])
        #expect(left != ["a": 1, "b": [2, 1]])
        #expect(left != ["a": 1, "c": [1, 2]])
    }

    @Test func `keys are compared by their bytes`() {
        var object: JSONObject = ["\u{e9}": 1]
        object["e\u{301}"] = 2
        #expect(object.count == 2)
        for number in 0..<30 { object["k\(number)"] = .integer(number) }
        #expect(object["\u{e9}"] == 1)
        #expect(object["e\u{301}"] == 2)
    }
}
