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
        guard bytes.count >= 12 else { return nil }
        let dimensions = BinaryDecoder.load(bytes, at: 0, as: Int32.self)
        let type = BinaryDecoder.load(bytes, at: 8, as: UInt32.self)
        if dimensions == 0 { return [] }
        guard dimensions == 1, bytes.count >= 20 else { return nil }
        let count = Int(BinaryDecoder.load(bytes, at: 12, as: Int32.self))
        // Each element takes at least its four bytes of length.
        guard count >= 0, count <= (bytes.count - 20) / 4 else { return nil }
        var result: [Element] = []
        result.reserveCapacity(count)
        var offset = 20
        for _ in 0..<count {
            guard offset + 4 <= bytes.count else { return nil }
            let length = Int(BinaryDecoder.load(bytes, at: offset, as: Int32.self))
            offset += 4
            guard length >= 0, offset + length <= bytes.count,
                let value = element(type, UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]))
            else { return nil }
            result.append(value)
            offset += length
        }
        return result
    }
}
