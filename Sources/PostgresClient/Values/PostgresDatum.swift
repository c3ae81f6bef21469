package import Primitives

/// One value in PostgreSQL's binary form, lent by the result that holds it: a column of a row, an element of an array, or
/// a column of a record inside one. It must not be kept.
///
/// The reading properties are nil for NULL and for values of another type.
package struct PostgresDatum {
    /// The number that PostgreSQL gives to the value's type (`pg_type.oid`).
    package let type: UInt32
    /// The value's bytes; nil for NULL.
    package let bytes: UnsafeRawBufferPointer?

    /// Whether the value is NULL.
    package var isNull: Bool { bytes == nil }

    /// A `bool`.
    package var bool: Bool? {
        guard type == PostgresType.bool, let bytes, bytes.count == 1 else { return nil }
        return bytes[0] != 0
    }

    /// An `int2`, `int4`, `int8` or `oid`.
    package var int64: Int64? { bytes.flatMap { BinaryDecoder.integer(type, $0) } }

    /// A `float4` or `float8`.
    package var double: Double? {
        guard let bytes else { return nil }
        return switch (type, bytes.count) {
        case (PostgresType.float8, 8): Double(bitPattern: BinaryDecoder.load(bytes, at: 0, as: UInt64.self))
        case (PostgresType.float4, 4): Double(Float(bitPattern: BinaryDecoder.load(bytes, at: 0, as: UInt32.self)))
        default: nil
        }
    }

    /// A `uuid`.
    package var identifier: Identifier? {
        type == PostgresType.uuid ? bytes.flatMap { BinaryDecoder.identifier($0) } : nil
    }

    /// A `timestamptz`; also `timestamp` and `date`, taken as UTC. Nil for the infinities.
    package var timestamp: Timestamp? { bytes.flatMap { BinaryDecoder.timestamp(type, $0) } }

    /// A `numeric` (or an integer) as exact decimal text.
    package var numericText: String? {
        if type == PostgresType.numeric { return bytes.flatMap { NumericDecoder.text($0) } }
        return int64.map { String($0) }
    }

    /// A `bytea`.
    package var byteArray: [UInt8]? { type == PostgresType.bytea ? bytes.map { [UInt8]($0) } : nil }

    /// The UTF-8 bytes of a text-like value, or of the text of `json` and `jsonb`.
    package var text: UnsafeRawBufferPointer? {
        guard let bytes else { return nil }
        return Self.isTextLike(type) ? bytes : json
    }

    /// The text of `json` or `jsonb`.
    package var json: UnsafeRawBufferPointer? {
        guard let bytes else { return nil }
        if type == PostgresType.json { return bytes }
        // The binary form of jsonb starts with a version, so far always 1.
        guard type == PostgresType.jsonb, bytes.first == 1 else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[1...])
    }

    /// A `text[]` or `varchar[]` without NULLs.
    package var textArray: [String]? {
        elements { element in
            Self.isTextLike(element.type) ? element.bytes.map { String(decoding: $0, as: UTF8.self) } : nil
        }
    }

    /// The elements of an array of at most one dimension, each read by the closure; nil when it cannot read one of them.
    package func elements<Element>(_ read: (PostgresDatum) -> Element?) -> [Element]? {
        bytes.flatMap { ArrayDecoder.elements($0) { read(PostgresDatum(type: $0, bytes: $1)) } }
    }

    /// Whether the value is an array without elements (`array_send`: the number of dimensions comes first).
    package var isEmptyArray: Bool {
        guard let bytes, bytes.count >= 4 else { return false }
        return BinaryDecoder.load(bytes, at: 0, as: Int32.self) == 0
    }

    /// Lends the elements of an array of at most one dimension one after the other.
    /// - Returns: Whether the value was such an array.
    package func forEachElement(_ body: (PostgresDatum) -> Void) -> Bool {
        guard let bytes else { return false }
        return ArrayDecoder.forEachElement(bytes) { type, element in
            body(PostgresDatum(type: type, bytes: element))
            return true
        }
    }

    /// Lends the columns of a record (`record_send`: number of columns, then type, length and bytes of each) one after the
    /// other.
    /// - Returns: Whether the value was a record.
    package func forEachColumn(_ body: (Int, PostgresDatum) -> Void) -> Bool {
        guard let bytes, bytes.count >= 4 else { return false }
        let count = Int(BinaryDecoder.load(bytes, at: 0, as: Int32.self))
        var offset = 4
        for column in 0..<max(0, count) {
            guard offset + 8 <= bytes.count else { return false }
            let type = BinaryDecoder.load(bytes, at: offset, as: UInt32.self)
            let length = Int(BinaryDecoder.load(bytes, at: offset + 4, as: Int32.self))
            offset += 8
            guard length >= 0 else {
                body(column, PostgresDatum(type: type, bytes: nil))
                continue
            }
            guard offset + length <= bytes.count else { return false }
            body(
                column,
                PostgresDatum(type: type, bytes: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])))
            offset += length
        }
        return true
    }

    private static func isTextLike(_ type: UInt32) -> Bool {
        switch type {
        case PostgresType.text, PostgresType.varchar, PostgresType.bpchar, PostgresType.name, PostgresType.unknown:
            true
        default: false
        }
    }
}
