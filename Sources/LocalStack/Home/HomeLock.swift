private import Glibc

/// The exclusive lock of an `arc up` on its home. The kernel releases it when the process ends, however it ends.
package final class HomeLock: Sendable {
    private let descriptor: Int32

    /// Acquires the lock without waiting.
    /// - Throws: `.homeInUse` if another process has it.
    package init(_ home: StackHome) throws(LocalStackError) {
        let descriptor = open(home.lockFile, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileSystem.failure(home.lockFile) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = errno == EWOULDBLOCK ? nil : FileSystem.failure(home.lockFile)
            close(descriptor)
            let holder = try? FileSystem.read(home.lockFile)?.split(separator: "\n").first.flatMap { Int32($0) }
            throw error ?? .homeInUse(home: home.path, processIdentifier: holder ?? nil)
        }
        ftruncate(descriptor, 0)
        _ = FileSystem.writeAll(descriptor, "\(getpid())\n".utf8)
        self.descriptor = descriptor
    }

    deinit {
        // A child that is being started has a copy of the descriptor until it runs its program, and with it the lock.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
