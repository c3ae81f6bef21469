/// Which names say that the value of a member is secret, wherever people choose names themselves.
package enum SecretName {
    /// Parts of such names, in lower case and without separators.
    private static let parts = [
        "secret", "password", "passwd", "passphrase", "token", "privatekey", "apikey", "accesskey", "signingkey",
        "encryptionkey", "credential", "authorization",
    ]

    /// Whether a name is one of them: `clientSecret`, `API-Key` and `smtp_password` are.
    package static func matches(_ name: String) -> Bool {
        let letters = name.lowercased().filter { $0.isLetter || $0.isNumber }
        return parts.contains { letters.contains($0) }
    }
}
