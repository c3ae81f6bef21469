/// A password that no description, dump or log shows.
package struct RedisSecret: Sendable, Hashable {
    private let text: String

    /// Wraps a secret.
    package init(_ text: String) {
        self.text = text
    }

    /// The secret itself, to be sent and nothing else.
    func reveal() -> String { text }
}

extension RedisSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<redacted>`.
    package var description: String { "<redacted>" }

    /// Always `<redacted>`.
    package var debugDescription: String { "<redacted>" }

    /// Empty.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A user with a password.
package struct RedisCredentials: Sendable, Hashable {
    /// The user of the server's access control list; `default` when only a password is configured.
    package var username: String
    /// The password.
    package var password: RedisSecret

    /// Makes credentials.
    package init(username: String = "default", password: RedisSecret) {
        self.username = username
        self.password = password
    }
}
