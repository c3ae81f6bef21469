package import JSONCoding

/// Hides secrets in the content of events that people read: sealed texts, and members whose names say that they are secret,
/// sealed or not.
package enum EventRedaction {
    package static let replacement: JSONValue = "[hidden]"

    /// Parts of the names of members that are secret, in lower case.
    private static let names = ["secret", "password", "token", "privatekey", "credential", "apikey", "authorization"]

    /// The content without secrets.
    package static func redacted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            .object(JSONObject(object.map { ($0.key, isSecret($0.key) ? hidden($0.value) : redacted($0.value)) }))
        case .array(let items): .array(items.map(redacted))
        case .string(let text): text.hasPrefix("sealed:") ? replacement : value
        default: value
        }
    }

    private static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased().replacing("_", with: "").replacing("-", with: "")
        return names.contains { name.contains($0) }
    }

    /// Unset members stay visible as such.
    private static func hidden(_ value: JSONValue) -> JSONValue { value.isNull ? .null : replacement }
}
