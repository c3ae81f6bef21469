/// Whether a secret can be guessed. Knows nothing about what it is for.
package enum SecretStrength {
    /// Texts that secrets are given in examples, without marks between the words.
    private static let defaults: Set<String> = [
        "admin", "administrator", "arc", "arcsaas", "default", "guest", "jwtsecret", "kdskssdkdfs", "letmein", "master",
        "mysecret", "pass", "passw0rd", "password", "postgres", "postgresql", "qwerty", "redis", "root", "secret",
        "secretkey", "sourceloop", "supersecret", "test", "tester", "topsecret", "user", "welcome",
    ]

    private static let placeholders = [
        "changeit", "changeme", "changethis", "dummy", "example", "notasecret", "placeholder", "replaceme",
        "replacethis",
        "yourkey", "yoursecret", "yourpassword", "insecure",
    ]

    /// Why a secret is refused, as the rest of a sentence that begins with its name; nil for one that is good enough. Never
    /// contains the secret.
    /// - Parameters:
    ///   - minimum: Bytes that it must have.
    ///   - variety: Different bytes that it must have.
    package static func weakness(of secret: String, minimum: Int, variety: Int) -> String? {
        if isDefault(secret) { return "is a default or a placeholder" }
        // The rest of a long one can only make it better.
        let bytes = Array(secret.utf8.prefix(512))
        if bytes.count < minimum { return "has \(bytes.count) bytes, but needs at least \(minimum)" }
        if Set(bytes).count < variety { return "consists of few different characters" }
        if isRepetition(bytes) { return "repeats a shorter text" }
        if isSequence(bytes) { return "is a sequence of neighboring characters" }
        return nil
    }

    /// Whether everybody tries it first.
    package static func isDefault(_ secret: String) -> Bool {
        let text = secret.lowercased().filter { $0.isLetter || $0.isNumber }
        let word = text.drop { $0.isNumber }.reversed().drop { $0.isNumber }.reversed()
        if text.isEmpty || defaults.contains(text) || defaults.contains(String(word)) { return true }
        if secret.hasPrefix("<") && secret.hasSuffix(">") || secret.hasPrefix("${") { return true }
        // A long random text contains a short word by chance.
        return secret.utf8.count < 64 && placeholders.contains { text.contains($0) }
    }

    private static func isRepetition(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 2 else { return false }
        return (1...(bytes.count / 2)).contains { period in
            bytes.indices.dropFirst(period).allSatisfy { bytes[$0] == bytes[$0 - period] }
        }
    }

    private static func isSequence(_ bytes: [UInt8]) -> Bool {
        let steps = zip(bytes.dropFirst(), bytes).map { Int($0) - Int($1) }
        return 3 * steps.count { abs($0) == 1 } > 2 * steps.count
    }
}
