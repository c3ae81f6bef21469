import CLibpq
import Primitives

/// Encodes the parameters of one statement into one buffer, which libpq copies from. Kept and reused by a connection.
struct ParameterEncoder {
    private var bytes: [UInt8] = []
    /// Where each value starts in `bytes`; -1 for NULL.
    private var offsets: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private var pointers: [UnsafePointer<CChar>?] = []
    private(set) var types: [UInt32] = []

    /// Checks what could fail, before anything is sent.
    static func validate(_ values: [PostgresValue]) throws(PostgresError) {
        guard values.count <= 65535 else {
            throw PostgresError(.encoding, "more than 65535 parameters", isRetryable: false)
        }
        for (index, value) in values.enumerated() {
            guard case .numeric(let text) = value else { continue }
            // Sent as text ending in a zero byte, so the text must not hold one.
            guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw PostgresError(.encoding, "parameter \(index + 1) is not a number")
            }
        }
    }

    /// Replaces the content by these values.
    mutating func encode(_ values: [PostgresValue]) {
        bytes.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        types.removeAll(keepingCapacity: true)
        for value in values {
            let start = bytes.count
            let type = append(value)
            let isNull = type == PostgresType.unspecified
            offsets.append(isNull ? -1 : start)
            lengths.append(Int32(truncatingIfNeeded: bytes.count - start))
            formats.append(type == PostgresType.numeric ? 0 : 1)
            types.append(type)
            if type == PostgresType.numeric { bytes.append(0) }
        }
        // So that an empty value at the end has an address too.
        bytes.append(0)
    }

    /// Lends what libpq needs: types, addresses, lengths and formats, and their number.
    mutating func withParameters<Result>(
        _ body: (
            Int32, UnsafePointer<Oid>, UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<Int32>, UnsafePointer<Int32>
        ) -> Result
    ) -> Result {
        bytes.withUnsafeBytes { buffer in
            pointers.removeAll(keepingCapacity: true)
            let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            for offset in offsets { pointers.append(offset < 0 ? nil : base?.advanced(by: offset)) }
            return body(Int32(truncatingIfNeeded: offsets.count), types, pointers, lengths, formats)
        }
    }

    /// Appends one value and returns its type; the unspecified type means NULL.
    private mutating func append(_ value: PostgresValue) -> UInt32 {
        switch value {
        case .null:
            return PostgresType.unspecified
        case .bool(let value):
            bytes.append(value ? 1 : 0)
            return PostgresType.bool
        case .int16(let value):
            append(bigEndian: value)
            return PostgresType.int2
        case .int32(let value):
            append(bigEndian: value)
            return PostgresType.int4
        case .int64(let value):
            append(bigEndian: value)
            return PostgresType.int8
        case .double(let value):
            append(bigEndian: value.bitPattern)
            return PostgresType.float8
        case .numeric(let text):
            bytes.append(contentsOf: text.utf8)
            return PostgresType.numeric
        case .text(let text):
            bytes.append(contentsOf: text.utf8)
            return PostgresType.text
        case .identifier(let identifier):
            append(bigEndian: identifier.high)
            append(bigEndian: identifier.low)
            return PostgresType.uuid
        case .timestamp(let timestamp):
            append(bigEndian: Self.sinceEpoch(timestamp))
            return PostgresType.timestamptz
        case .json(let text):
            bytes.append(1)
            bytes.append(contentsOf: text)
            return PostgresType.jsonb
        case .bytes(let value):
            bytes.append(contentsOf: value)
            return PostgresType.bytea
        case .textArray(let elements):
            appendArray(elements, of: PostgresType.text) { encoder, element in
                encoder.bytes.append(contentsOf: element.utf8)
            }
            return PostgresType.textArray
        case .identifierArray(let elements):
            appendArray(elements, of: PostgresType.uuid) { encoder, element in
                encoder.append(bigEndian: element.high)
                encoder.append(bigEndian: element.low)
            }
            return PostgresType.uuidArray
        case .int64Array(let elements):
            appendArray(elements, of: PostgresType.int8) { encoder, element in encoder.append(bigEndian: element) }
            return PostgresType.int8Array
        }
    }

    /// Microseconds since 2000; times too far off become PostgreSQL's infinities instead of trapping.
    private static func sinceEpoch(_ timestamp: Timestamp) -> Int64 {
        let (value, overflow) = timestamp.microseconds.subtractingReportingOverflow(PostgresType.epochDifference)
        return overflow ? .min : value
    }

    private mutating func append(bigEndian value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func appendArray<Element>(
        _ elements: [Element], of type: UInt32, _ append: (inout ParameterEncoder, Element) -> Void
    ) {
        self.append(bigEndian: Int32(elements.isEmpty ? 0 : 1))
        self.append(bigEndian: Int32(0))
        self.append(bigEndian: type)
        if elements.isEmpty { return }
        self.append(bigEndian: Int32(truncatingIfNeeded: elements.count))
        self.append(bigEndian: Int32(1))
        for element in elements {
            let lengthAt = bytes.count
            self.append(bigEndian: Int32(0))
            append(&self, element)
            let length = UInt32(truncatingIfNeeded: bytes.count - lengthAt - 4)
            for shift in 0..<4 { bytes[lengthAt + shift] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * shift)) }
        }
    }
}
