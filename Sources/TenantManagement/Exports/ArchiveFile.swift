#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A file that is read or written a piece at a time.
package final class ArchiveFile {
    /// Why a file cannot be read or written.
    package struct Failure: Error, CustomStringConvertible {
        package let path: String
        package let code: Int32
        package var description: String { "\(path): \(String(cString: strerror(code)))" }
    }

    package let path: String
    private var descriptor: Int32

    /// Opens a file to read it.
    package init(reading path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(path: path, code: errno) }
    }

    /// Makes a file that only its user can read; one that exists is left as it is.
    package init(creating path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure(path: path, code: errno) }
    }

    deinit {
        if descriptor >= 0 { _ = platformClose(descriptor) }
    }

    /// The next bytes, fewer than asked for only at the end of the file.
    package func read(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let part = bytes.withUnsafeMutableBytes { buffer in
                platformRead(descriptor, UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            }
            if part < 0, errno == EINTR { continue }
            guard part >= 0 else { throw Failure(path: path, code: errno) }
            if part == 0 { break }
            filled += part
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    /// Adds bytes.
    package func write(_ bytes: [UInt8]) throws {
        var written = 0
        while written < bytes.count {
            let part = bytes.withUnsafeBytes { buffer in
                platformWrite(descriptor, UnsafeRawBufferPointer(rebasing: buffer[written...]))
            }
            if part < 0, errno == EINTR { continue }
            guard part >= 0 else { throw Failure(path: path, code: errno) }
            written += part
        }
    }

    /// The next read begins there.
    package func seek(to offset: Int) throws {
        guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else { throw Failure(path: path, code: errno) }
    }

    /// Ends the file. Some file systems say only now that something could not be written.
    package func close() throws {
        let open = descriptor
        descriptor = -1
        guard platformClose(open) == 0 else { throw Failure(path: path, code: errno) }
    }
}

// The names of the methods hide those of the platform.
private func platformRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    read(descriptor, buffer.baseAddress, buffer.count)
}

private func platformWrite(_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
    write(descriptor, buffer.baseAddress, buffer.count)
}

private func platformClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
