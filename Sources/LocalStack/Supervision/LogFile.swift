private import Glibc
private import Synchronization

/// The log file of a component, rotated at a maximum size. Its last lines are kept in memory for error messages.
final class LogFile: Sendable {
    /// The path; the previous file has the suffix `.1`.
    let path: String

    private struct State {
        var descriptor: Int32
        var size: Int
        var tail: [String] = []
    }

    private static let maximumSize = 32 << 20
    private static let tailLength = 12
    private let state: Mutex<State>

    init(path: String) throws(LocalStackError) {
        self.path = path
        guard let (descriptor, size) = Self.openFile(path) else { throw FileSystem.failure(path) }
        state = Mutex(State(descriptor: descriptor, size: size))
    }

    deinit {
        state.withLock { _ = close($0.descriptor) }
    }

    /// Appends a line. A full disk loses log lines, nothing else.
    func append(_ line: ArraySlice<UInt8>) {
        state.withLock { state in
            if state.size + line.count > Self.maximumSize, rename(path, "\(path).1") == 0,
                let (descriptor, size) = Self.openFile(path)
            {
                close(state.descriptor)
                state.descriptor = descriptor
                state.size = size
            }
            if FileSystem.writeAll(state.descriptor, line + [UInt8(ascii: "\n")]) { state.size += line.count + 1 }
            if state.tail.count == Self.tailLength { state.tail.removeFirst() }
            state.tail.append(String(decoding: line.prefix(500), as: UTF8.self))
        }
    }

    /// The last lines.
    var tail: String { state.withLock { $0.tail.joined(separator: "\n") } }

    /// Forgets the last lines, at a new start.
    func forgetTail() { state.withLock { $0.tail = [] } }

    private static func openFile(_ path: String) -> (descriptor: Int32, size: Int)? {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        return (descriptor, max(0, lseek(descriptor, 0, SEEK_END)))
    }
}
