import PDFDocuments

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Reads and writes frames on blocking descriptors. Whatever goes wrong ends the process: without the service there is
/// nothing to do.
struct FrameChannel {
    let input: Int32
    let output: Int32

    /// The next frame; nil when the input has ended.
    func read(limit: Int) -> [UInt8]? {
        guard let header = bytes(4) else { return nil }
        let length = PDFFrame.length(header)
        guard length <= limit, let payload = bytes(length) else { exit(76) }
        return payload
    }

    func write(_ payload: [UInt8]) {
        let frame = PDFFrame.encode(payload)
        frame.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = systemWrite(output, UnsafeRawBufferPointer(rebasing: rest))
                if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { exit(74) }
            }
        }
    }

    /// Exactly so many bytes; nil at the end of the input.
    private func bytes(_ count: Int) -> [UInt8]? {
        var isComplete = true
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let read = systemRead(
                    input, UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...]))
                if read > 0 {
                    filled += read
                } else if read == 0 || errno != EINTR {
                    isComplete = false
                    return
                }
            }
        }
        return isComplete ? bytes : nil
    }
}

private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    read(descriptor, buffer.baseAddress, buffer.count)
}

private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
    write(descriptor, buffer.baseAddress, buffer.count)
}
