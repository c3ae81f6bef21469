package import Primitives

/// Keys that requests are signed with. Its description reveals nothing.
package struct AWSCredentials: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    package let accessKeyID: String
    let secretAccessKey: String
    let sessionToken: String?
    /// When they stop working; nil for keys that do not expire.
    package let expiration: Timestamp?

    /// - Parameter sessionToken: Of temporary keys.
    package init(accessKeyID: String, secretAccessKey: String, sessionToken: String?, expiration: Timestamp?) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }

    package var description: String { "credentials" }
    /// Without members.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where credentials come from.
package protocol CredentialsProvider: Sendable {
    /// Fetches new credentials.
    func fetch() async throws(CredentialsError) -> AWSCredentials
}

/// Why there are no credentials: names the source and the cause, never a part of a secret or of an answer.
package struct CredentialsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The source, such as `instance metadata`.
    package let source: String
    package let reason: String

    package init(source: String, reason: String) {
        self.source = source
        self.reason = reason
    }

    package var description: String { "no credentials from \(source): \(reason)" }
}

/// Keys from the environment.
struct StaticCredentials: CredentialsProvider {
    let credentials: AWSCredentials

    func fetch() async throws(CredentialsError) -> AWSCredentials { credentials }
}
