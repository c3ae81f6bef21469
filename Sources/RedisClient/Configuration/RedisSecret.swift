#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A password that no description, dump or log shows.
package struct RedisSecret: Sendable, Hashable {
    private let text: String

    /// Wraps a secret.
    package init(_ text: String) {
        self.text = text
    }

    /// Reads a secret from a file (a Docker or Kubernetes secret), without the line ends at its end; nil when it
    /// cannot be read or is longer than 64 KiB.
    package init?(file path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: (64 << 10) + 1)
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes { memory in
                read(descriptor, memory.baseAddress.map { $0 + length }, memory.count - length)
            }
            if count < 0 {
                if errno == EINTR { continue }
                return nil
            }
            if count == 0 { break }
            length += count
        }
        guard length < bytes.count else { return nil }
        let content = bytes[..<length]
        let end = content.lastIndex { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }.map { $0 + 1 } ?? 0
        self.init(String(decoding: content[..<end], as: UTF8.self))
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
