/// Reads `numeric` (`numeric_send`): number of digits, weight of the first, sign, scale, then digits of base 10000.
enum NumericDecoder {
    private static let negative: UInt16 = 0x4000
    private static let notANumber: UInt16 = 0xC000
    private static let positiveInfinity: UInt16 = 0xD000
    private static let negativeInfinity: UInt16 = 0xF000

    /// The decimal text as PostgreSQL itself writes it; `nil` when the bytes are no `numeric`.
    static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard bytes.count >= 8 else { return nil }
        let count = Int(BinaryDecoder.load(bytes, at: 0, as: Int16.self))
        let weight = Int(BinaryDecoder.load(bytes, at: 2, as: Int16.self))
        let sign = BinaryDecoder.load(bytes, at: 4, as: UInt16.self)
        let scale = Int(BinaryDecoder.load(bytes, at: 6, as: UInt16.self))
        switch sign {
        case notANumber: return "NaN"
        case positiveInfinity: return "Infinity"
        case negativeInfinity: return "-Infinity"
        case 0, negative: break
        default: return nil
        }
        guard count >= 0, bytes.count == 8 + 2 * count else { return nil }

        func digit(_ position: Int) -> Int {
            guard position >= 0, position < count else { return 0 }
            return Int(BinaryDecoder.load(bytes, at: 8 + 2 * position, as: UInt16.self))
        }

        var output: [UInt8] = []
        output.reserveCapacity(4 * (max(weight, 0) + 1) + scale + 2)
        if sign == negative { output.append(UInt8(ascii: "-")) }
        if weight < 0 {
            output.append(UInt8(ascii: "0"))
        } else {
            for position in 0...weight { append(digit(position), isFirst: position == 0, to: &output) }
        }
        if scale > 0 {
            output.append(UInt8(ascii: "."))
            let end = output.count + scale
            var position = weight + 1
            while output.count < end {
                append(digit(position), isFirst: false, to: &output)
                position += 1
            }
            // The last base-10000 digit may carry more decimals than the scale has.
            output.removeLast(output.count - end)
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func append(_ digit: Int, isFirst: Bool, to output: inout [UInt8]) {
        var divisor = 1000
        var isLeading = isFirst
        while divisor > 0 {
            let value = digit / divisor % 10
            if value != 0 || divisor == 1 { isLeading = false }
            if !isLeading { output.append(UInt8(ascii: "0") + UInt8(value)) }
            divisor /= 10
        }
    }
}
