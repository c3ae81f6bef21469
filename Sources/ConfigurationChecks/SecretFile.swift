/// A file that holds a secret, as Docker and Kubernetes mount them.
package struct SecretFile: Sendable, Hashable {
    private static let maximumSize = 64 << 10

    private let file: SettingFile

    /// - Parameter variable: The environment variable, or the field of a file, that names the file.
    package init(path: String, variable: String) {
        file = SettingFile(path: path, variable: variable)
    }

    /// The text of the file without line breaks at its end.
    /// - Throws: ``ConfigurationFailure`` when the file cannot be read, is empty, is not UTF-8 or exceeds 64 KiB.
    package func content() throws(ConfigurationFailure) -> String {
        let bytes = try file.content(limit: Self.maximumSize, "64 KiB")
        let end = bytes.lastIndex { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }.map { $0 + 1 } ?? 0
        guard end > 0 else { throw file.failure("is empty") }
        guard let text = String(validating: bytes[..<end], as: UTF8.self) else {
            throw file.failure("is not UTF-8 text")
        }
        return text
    }
}
