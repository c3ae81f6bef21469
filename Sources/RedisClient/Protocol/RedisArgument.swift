import NIOCore

/// One argument of a command. Its description never shows its content, which may be a secret.
package struct RedisArgument: Sendable, Hashable {
    private enum Storage: Sendable, Hashable {
        case text(String)
        case bytes([UInt8])
        case integer(Int64)
    }

    private let storage: Storage

    /// A text, sent as UTF-8.
    package static func text(_ text: String) -> RedisArgument { .init(storage: .text(text)) }

    /// Any bytes.
    package static func bytes(_ bytes: [UInt8]) -> RedisArgument { .init(storage: .bytes(bytes)) }

    /// An integer, sent as decimal digits.
    package static func integer(_ integer: Int64) -> RedisArgument { .init(storage: .integer(integer)) }

    /// A text, sent as UTF-8.
    package init(_ text: String) { self.init(storage: .text(text)) }

    /// Any bytes.
    package init(_ bytes: [UInt8]) { self.init(storage: .bytes(bytes)) }

    /// An integer, sent as decimal digits; values beyond 64 bits are clamped.
    package init(_ integer: some BinaryInteger) { self.init(storage: .integer(Int64(clamping: integer))) }

    private init(storage: Storage) { self.storage = storage }

    /// Bytes on the wire without the length line.
    var byteCount: Int {
        switch storage {
        case .text(let text): text.utf8.count
        case .bytes(let bytes): bytes.count
        case .integer(let integer): DecimalDigits.count(integer)
        }
    }

    /// The text of a command name or subcommand, upper case; nil when it is not text or longer than any name.
    var commandWord: String? {
        switch storage {
        case .text(let text): text.utf8.count <= 16 ? text.uppercased() : nil
        case .bytes(let bytes): bytes.count <= 16 ? String(decoding: bytes, as: UTF8.self).uppercased() : nil
        case .integer: nil
        }
    }

    func write(to buffer: inout ByteBuffer) {
        switch storage {
        case .text(let text): buffer.writeBulk(text)
        case .bytes(let bytes): buffer.writeBulk(bytes)
        case .integer(let integer): buffer.writeBulk(integer)
        }
    }
}

extension RedisArgument: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
    /// A text.
    package init(stringLiteral text: String) { self.init(text) }

    /// An integer.
    package init(integerLiteral integer: Int64) { self.init(storage: .integer(integer)) }
}

extension RedisArgument: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The number of bytes, never the bytes.
    package var description: String { "<\(byteCount) bytes>" }

    /// As `description`.
    package var debugDescription: String { description }

    /// Empty, so that a dump shows nothing either.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
