import Billing
import JSONCoding

/// Reads the members of one object of a request; every error names the member by its JSON pointer.
struct MemberReader {
    let object: JSONObject
    let pointer: String

    /// - Parameter names: the members that the object may have.
    init(_ value: JSONValue, at pointer: String, members names: [String]) throws(ScenarioRefusal) {
        guard let object = value.objectValue else { throw ScenarioRefusal(pointer, "Must be an object") }
        self.object = object
        self.pointer = pointer
        for key in object.keys where !names.contains(where: { $0.utf8.elementsEqual(key.utf8) }) {
            throw ScenarioRefusal("\(pointer)/\(Self.escaped(key))", "There is no such member")
        }
    }

    /// A key as a part of a JSON pointer, shortened.
    private static func escaped(_ key: String) -> String {
        var text = ""
        for scalar in key.unicodeScalars.prefix(64) {
            switch scalar {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    func at(_ name: String) -> String { "\(pointer)/\(name)" }

    /// The value of a member; nil if it is absent or null.
    func value(_ name: String) -> JSONValue? {
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    func has(_ name: String) -> Bool { value(name) != nil }

    func required(_ name: String) throws(ScenarioRefusal) -> JSONValue {
        guard let value = value(name) else { throw ScenarioRefusal(at(name), "Is required") }
        return value
    }

    func text(_ name: String, maximum: Int = 100) throws(ScenarioRefusal) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.stringValue, !text.isEmpty, text.unicodeScalars.count <= maximum else {
            throw ScenarioRefusal(at(name), "Must be a text of 1 to \(maximum) characters")
        }
        return text
    }

    func requiredText(_ name: String, maximum: Int = 100) throws(ScenarioRefusal) -> String {
        guard let text = try text(name, maximum: maximum) else { throw ScenarioRefusal(at(name), "Is required") }
        return text
    }

    func flag(_ name: String) throws(ScenarioRefusal) -> Bool {
        guard let value = value(name) else { return false }
        guard let flag = value.boolValue else { throw ScenarioRefusal(at(name), "Must be true or false") }
        return flag
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(ScenarioRefusal) -> Int? {
        guard let value = value(name) else { return nil }
        guard let integer = value.intValue, range.contains(integer) else {
            throw ScenarioRefusal(
                at(name), "Must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    func requiredInteger(_ name: String, in range: ClosedRange<Int>) throws(ScenarioRefusal) -> Int {
        guard let integer = try integer(name, in: range) else { throw ScenarioRefusal(at(name), "Is required") }
        return integer
    }

    /// One of a few words.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ type: Choice.Type
    ) throws(ScenarioRefusal) -> Choice? {
        try choice(name, of: Array(type.allCases))
    }

    func choice<Choice: RawRepresentable<String>>(
        _ name: String, of choices: [Choice]
    ) throws(ScenarioRefusal) -> Choice? {
        guard let value = value(name) else { return nil }
        let word = value.stringValue ?? ""
        guard let choice = choices.first(where: { $0.rawValue.utf8.elementsEqual(word.utf8) }) else {
            throw ScenarioRefusal(at(name), "Must be one of \(choices.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    /// The elements of an array with their pointers; none if it is absent.
    func list(_ name: String, maximum: Int) throws(ScenarioRefusal) -> [(value: JSONValue, pointer: String)] {
        guard let value = value(name) else { return [] }
        guard let elements = value.arrayValue else { throw ScenarioRefusal(at(name), "Must be an array") }
        guard elements.count <= maximum else { throw ScenarioRefusal(at(name), "Has more than \(maximum) elements") }
        return elements.enumerated().map { ($0.element, "\(at(name))/\($0.offset)") }
    }
}
