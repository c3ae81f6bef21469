/// A key made ready to be written many times: escaped, in quotation marks, with its colon.
package struct JSONKey: Sendable, Hashable {
    let text: [UInt8]

    /// Makes a key ready.
    package init(_ name: String) {
        text = JSONValue.string(name).serialized() + [UInt8(ascii: ":")]
    }
}
