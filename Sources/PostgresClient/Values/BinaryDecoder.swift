import Primitives

/// Reads values from PostgreSQL's binary form: big-endian, as each type's `…send` function writes it.
enum BinaryDecoder {
    static func load<Value: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, at offset: Int, as: Value.Type) -> Value
    {
        Value(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    static func integer(_ type: UInt32, _ bytes: UnsafeRawBufferPointer) -> Int64? {
        switch (type, bytes.count) {
        case (PostgresType.int8, 8): load(bytes, at: 0, as: Int64.self)
        case (PostgresType.int4, 4): Int64(load(bytes, at: 0, as: Int32.self))
        case (PostgresType.int2, 2): Int64(load(bytes, at: 0, as: Int16.self))
        case (PostgresType.oid, 4): Int64(load(bytes, at: 0, as: UInt32.self))
        default: nil
        }
    }

    static func identifier(_ bytes: UnsafeRawBufferPointer) -> Identifier? {
        guard bytes.count == 16 else { return nil }
        return Identifier(high: load(bytes, at: 0, as: UInt64.self), low: load(bytes, at: 8, as: UInt64.self))
    }

    static func timestamp(_ type: UInt32, _ bytes: UnsafeRawBufferPointer) -> Timestamp? {
        let sinceEpoch: Int64
        switch (type, bytes.count) {
        case (PostgresType.timestamptz, 8), (PostgresType.timestamp, 8):
            sinceEpoch = load(bytes, at: 0, as: Int64.self)
            // The two infinities.
            if sinceEpoch == .max || sinceEpoch == .min { return nil }
        case (PostgresType.date, 4):
            let days = load(bytes, at: 0, as: Int32.self)
            if days == .max || days == .min { return nil }
            sinceEpoch = Int64(days) * 86_400_000_000
        default:
            return nil
        }
        let (sum, overflow) = sinceEpoch.addingReportingOverflow(PostgresType.epochDifference)
        return overflow ? nil : Timestamp(microseconds: sum)
    }
}

/// Reads one-dimensional arrays (`array_send`): dimensions, flags, element type, then length and lower bound of the
/// dimension, then each element with its length.
enum ArrayDecoder {
    /// `nil` when the bytes are no array of at most one dimension, or when `element` cannot read an element.
    static func elements<Element>(
        _ bytes: UnsafeRawBufferPointer, _ element: (UInt32, UnsafeRawBufferPointer) -> Element?
    ) -> [Element]? {
        var result: [Element] = []
        let isRead = forEachElement(bytes) { type, bytes in
            guard let value = element(type, bytes) else { return false }
            result.append(value)
            return true
        }
        return isRead ? result : nil
    }

    /// Lends the elements one after the other, until the closure says `false`.
    /// - Returns: Whether the bytes are an array of at most one dimension without NULLs, and the closure always said `true`.
    static func forEachElement(
        _ bytes: UnsafeRawBufferPointer, _ body: (UInt32, UnsafeRawBufferPointer) -> Bool
    ) -> Bool {
        guard bytes.count >= 12 else { return false }
        let dimensions = BinaryDecoder.load(bytes, at: 0, as: Int32.self)
        let type = BinaryDecoder.load(bytes, at: 8, as: UInt32.self)
        if dimensions == 0 { return true }
        guard dimensions == 1, bytes.count >= 20 else { return false }
        let count = BinaryDecoder.load(bytes, at: 12, as: Int32.self)
        guard count >= 0 else { return false }
        var offset = 20
        for _ in 0..<count {
            guard offset + 4 <= bytes.count else { return false }
            let length = Int(BinaryDecoder.load(bytes, at: offset, as: Int32.self))
            offset += 4
            guard length >= 0, offset + length <= bytes.count,
                body(type, UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]))
            else { return false }
            offset += length
        }
        return true
    }
}
