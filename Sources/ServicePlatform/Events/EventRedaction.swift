package import JSONCoding

/// Hides secrets in the content of events that people read: sealed texts, and members whose names say that they are secret,
/// sealed or not.
package enum EventRedaction {
    package static let replacement: JSONValue = "[hidden]"

    /// The content without secrets.
    package static func redacted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            .object(
                JSONObject(
                    object.map { ($0.key, SecretName.matches($0.key) ? hidden($0.value) : redacted($0.value)) }))
        case .array(let items): .array(items.map(redacted))
        case .string(let text): text.hasPrefix("sealed:") ? replacement : value
        default: value
        }
    }

    /// Unset members stay visible as such.
    private static func hidden(_ value: JSONValue) -> JSONValue { value.isNull ? .null : replacement }
}
