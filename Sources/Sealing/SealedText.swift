import FoundationEssentials

/// A sealed value as a text in JSON: `sealed:` and the value in base64.
package enum SealedText {
    package static let prefix = "sealed:"

    /// The text of a sealed value.
    package static func encode(_ sealed: [UInt8]) -> String { prefix + Data(sealed).base64EncodedString() }

    /// The sealed value; nil for other texts.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        guard text.hasPrefix(prefix) else { return nil }
        return Data(base64Encoded: String(text.dropFirst(prefix.count))).map { Array($0) }
    }
}
