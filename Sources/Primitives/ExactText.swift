#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A text that is equal to another only if both have the same bytes: the key of every dictionary and set whose keys come
/// from outside.
///
/// Swift compares strings by canonical equivalence: U+212A KELVIN SIGN is equal to `K`, and `é` to `e` with a combining
/// accent. JSON, JavaScript and PostgreSQL compare code points, so for them these are different names.
package struct ExactText: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The text itself.
    package let text: String

    /// The key of this text.
    package init(_ text: String) { self.text = text }
    /// The key of this text.
    package init(stringLiteral text: String) { self.text = text }

    package var description: String { text }

    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.hasSameBytes(as: right.text) }

    package func hash(into hasher: inout Hasher) {
        let isHashed: Void? = text.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if isHashed == nil { Array(text.utf8).withUnsafeBytes { hasher.combine(bytes: $0) } }
    }
}

extension String {
    /// Whether both texts are the same bytes; see ``ExactText`` for the difference to `==`.
    package func hasSameBytes(as other: String) -> Bool {
        let count = utf8.count
        guard count == other.utf8.count else { return false }
        // Every lookup in a JSON object compares names: one call for all bytes of a text, not one for each.
        let isSame = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return true }
                return memcmp(left, right, count) == 0
            }
        }
        return isSame.flatMap { $0 } ?? utf8.elementsEqual(other.utf8)
    }
}

extension StringProtocol {
    /// Whether the text is the given one in ASCII letters of any case. (`lowercased()` also turns U+212A into `k`, and
    /// `uppercased()` turns `ſ` into `S`.)
    package func isASCII(ignoringCase other: StaticString) -> Bool {
        utf8.count == other.utf8CodeUnitCount
            && other.withUTF8Buffer { utf8.elementsEqual($0) { Self.lowercase($0) == Self.lowercase($1) } }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}

extension String {
    /// The first code points of the text: what `varchar(n)` counts. A `Character` may have any number of them.
    package func prefix(scalars count: Int) -> String {
        utf8.count <= count ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(count)))
    }
}
