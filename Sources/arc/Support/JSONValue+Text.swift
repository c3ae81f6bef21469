import JSONCoding

extension JSONValue {
    /// As text on one line.
    func serializedText() -> String { String(decoding: serialized(), as: UTF8.self) }
}
