import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Random bytes of the kernel's generator, fit for secrets.
///
/// The kernel is asked for a kilobyte at a time; bytes are erased from the buffer as they are handed out, so what was
/// given to one caller cannot be read from memory later. The process must not fork without exec (it never does).
package enum SecureRandom {
    private static let pool = Mutex(RandomPool())

    /// That many random bytes; an empty array for a count of zero or less.
    package static func bytes(_ count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            fill(UnsafeMutableRawBufferPointer(buffer))
            initializedCount = count
        }
    }

    /// The lower-case hexadecimal text of that many random bytes: `hex(bytes: 16)` has 32 characters and 128 bits.
    package static func hex(bytes count: Int) -> String {
        Hex.encode(bytes(count))
    }

    /// Sixty-four random bits.
    package static func bits64() -> UInt64 {
        pool.withLock { $0.bits64() }
    }

    private static func fill(_ destination: UnsafeMutableRawBufferPointer) {
        var offset = 0
        while offset < destination.count {
            let word = bits64()
            withUnsafeBytes(of: word) { source in
                let length = min(source.count, destination.count - offset)
                for index in 0..<length { destination[offset + index] = source[index] }
                offset += length
            }
        }
    }
}

/// A kilobyte of the kernel's random bytes, consumed from the end.
struct RandomPool {
    private var words = [UInt64](repeating: 0, count: 128)
    private var remaining = 0

    /// What was handed out since the last refill: erased.
    var consumedWords: ArraySlice<UInt64> { words[remaining...] }

    mutating func bits64() -> UInt64 {
        if remaining == 0 { refill() }
        remaining -= 1
        let word = words[remaining]
        words[remaining] = 0
        return word
    }

    private mutating func refill() {
        words.withUnsafeMutableBytes { buffer in
            // getentropy hands out at most 256 bytes a call, and is never interrupted up to that size.
            for start in stride(from: 0, to: buffer.count, by: 256) {
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + 256])
                guard getentropy(part.baseAddress, part.count) == 0 else {
                    // An old kernel lacks the call. The standard library has other sources, and traps if all fail.
                    var generator = SystemRandomNumberGenerator()
                    for offset in stride(from: 0, to: part.count, by: 8) {
                        part.storeBytes(of: generator.next(), toByteOffset: offset, as: UInt64.self)
                    }
                    continue
                }
            }
        }
        remaining = words.count
    }
}
