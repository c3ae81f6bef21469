import Crypto
import Primitives

/// A Lua script that runs on the server as one step. Keep it in a `static let`: its digest is computed once.
package struct RedisScript: Sendable, Hashable {
    /// The Lua source.
    package let source: String
    /// The name under which Redis keeps it: the SHA-1 of the source, 40 lower-case hexadecimal digits.
    package let digest: String

    /// Makes a script.
    package init(_ source: String) {
        self.source = source
        self.digest = Hex.encode(Array(Insecure.SHA1.hash(data: Array(source.utf8))))
    }
}
