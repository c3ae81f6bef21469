import JSONCoding

/// Makes a request that fails smaller, as long as it fails.
enum Shrinking {
    /// The smallest that is found.
    static func smallest(_ request: JSONObject, fails: (JSONObject) -> Bool) -> JSONObject {
        var best = request
        var isSmaller = true
        while isSmaller {
            isSmaller = false
            for candidate in candidates(.object(best)) {
                guard let object = candidate.objectValue, fails(object) else { continue }
                best = object
                isSmaller = true
                break
            }
        }
        return best
    }

    /// The value without one of its parts, or with one of them smaller.
    private static func candidates(_ value: JSONValue) -> [JSONValue] {
        switch value {
        case .object(let object):
            var all: [JSONValue] = []
            for (key, _) in object {
                var less = object
                less[key] = nil
                all.append(.object(less))
            }
            for (key, member) in object {
                for candidate in candidates(member) {
                    var less = object
                    less[key] = candidate
                    all.append(.object(less))
                }
            }
            return all
        case .array(let elements):
            var all: [JSONValue] = []
            for index in elements.indices {
                var less = elements
                less.remove(at: index)
                all.append(.array(less))
            }
            for (index, element) in elements.enumerated() {
                for candidate in candidates(element) {
                    var less = elements
                    less[index] = candidate
                    all.append(.array(less))
                }
            }
            return all
        case .string(let text):
            return smallerNumbers(text).map { .string($0) }
        default:
            return []
        }
    }

    /// A decimal number with less digits, and half of a whole one.
    private static func smallerNumbers(_ text: String) -> [String] {
        if let number = Int(text), number > 1 { return ["\(number / 2)", "\(number - 1)"] }
        guard let point = text.firstIndex(of: "."), Int(text[..<point]) != nil else { return [] }
        return [String(text[..<point])]
    }
}
