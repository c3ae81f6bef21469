/// A user of a mail server. No description, dump or log shows anything of it.
package struct SMTPCredentials: Sendable, Hashable {
    let username: String
    let password: String

    /// Makes credentials; nil when a part is empty or contains NUL, which PLAIN cannot carry (RFC 4616 section 2).
    package init?(username: String, password: String) {
        guard !username.isEmpty, !password.isEmpty, !username.utf8.contains(0), !password.utf8.contains(0) else {
            return nil
        }
        self.username = username
        self.password = password
    }
}

extension SMTPCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<redacted>`.
    package var description: String { "<redacted>" }

    /// Always `<redacted>`.
    package var debugDescription: String { "<redacted>" }

    /// Empty.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
