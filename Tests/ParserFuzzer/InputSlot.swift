#if !LIBFUZZER
import Foundation

/// The input that a worker tries, in a file that is mapped into its memory: it is there after the worker has ended with a
/// trap, and writing it costs no system call.
struct InputSlot {
    private static let size = 1 << 20
    /// Bytes of the length and of the number of inputs so far.
    private static let header = 16

    private let memory: UnsafeMutableRawPointer

    init(path: String) throws {
        let file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        guard file >= 0, ftruncate(file, off_t(Self.size)) == 0,
            let memory = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), memory != MAP_FAILED
        else { throw FuzzerOptions.Mistake(description: "\(path) cannot be used") }
        close(file)
        self.memory = memory
    }

    func store(_ input: [UInt8]) {
        let input = input.prefix(Self.size - Self.header)
        memory.storeBytes(of: Int64(input.count), as: Int64.self)
        let number = memory.load(fromByteOffset: 8, as: Int64.self)
        memory.storeBytes(of: number + 1, toByteOffset: 8, as: Int64.self)
        input.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            memory.advanced(by: Self.header).copyMemory(from: start, byteCount: bytes.count)
        }
    }

    /// What a worker has stored last, and how many inputs it has tried.
    static func read(path: String) -> (input: [UInt8], number: Int64) {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)), data.count >= header else { return ([], 0) }
        let bytes = Array(data)
        func integer(_ offset: Int) -> Int64 {
            bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | Int64($1) }
        }
        let length = min(max(Int(integer(0)), 0), bytes.count - header)
        return (Array(bytes[header..<header + length]), integer(8))
    }
}
#endif
