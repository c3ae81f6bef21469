package import Glibc

/// The few file operations of the stack, with errors that name the path.
package enum FileSystem {
    /// Makes a folder and its parents. An existing folder keeps its mode.
    package static func makeFolder(_ path: String, mode: mode_t) throws(LocalStackError) {
        if mkdir(path, mode) == 0 {
            guard chmod(path, mode) == 0 else { throw failure(path) }  // whatever the umask says
            return
        }
        switch errno {
        case EEXIST:
            guard isFolder(path) else { throw .home(path: path, reason: "is not a folder") }
        case ENOENT:
            let parent = parent(of: path)
            guard parent != path else { throw failure(path) }
            try makeFolder(parent, mode: 0o755)
            try makeFolder(path, mode: mode)
        default:
            throw failure(path)
        }
    }

    /// Whether a folder stands at the path.
    package static func isFolder(_ path: String) -> Bool {
        status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    /// Whether anything stands at the path.
    package static func exists(_ path: String) -> Bool { status(path) != nil }

    /// Whether the current user may execute the file at the path.
    package static func isExecutable(_ path: String) -> Bool { !isFolder(path) && access(path, X_OK) == 0 }

    /// The whole text of a file, nil when there is no such file.
    package static func read(_ path: String) throws(LocalStackError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure(path)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            if count > 0 {
                bytes.append(contentsOf: buffer[..<count])
            } else if errno != EINTR {
                throw failure(path)
            }
        }
    }

    /// Replaces a file in one step: a reader, or a power cut, sees the old text or the new, never a half.
    package static func replace(_ path: String, with text: String, mode: mode_t = 0o600) throws(LocalStackError) {
        let draft = "\(path).new"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure(draft) }
        let bytes = Array(text.utf8)
        let isWritten = writeAll(descriptor, bytes) && fsync(descriptor) == 0
        let reason = failure(draft)
        close(descriptor)
        guard isWritten else { throw reason }
        guard rename(draft, path) == 0 else { throw failure(path) }
    }

    /// Writes all bytes, however many calls it takes.
    package static func writeAll(_ descriptor: Int32, _ bytes: some Collection<UInt8>) -> Bool {
        let written = bytes.withContiguousStorageIfAvailable { buffer -> Bool in
            var rest = UnsafeRawBufferPointer(buffer)
            while !rest.isEmpty {
                let count = write(descriptor, rest.baseAddress, rest.count)
                if count > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
        return written ?? writeAll(descriptor, Array(bytes))
    }

    /// The names in a folder, sorted; empty when there is no such folder.
    package static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The path without its last part.
    package static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// The folder that this process runs in.
    package static func currentFolder() -> String {
        guard let folder = getcwd(nil, 0) else { return "/" }
        defer { free(folder) }
        return String(cString: folder)
    }

    /// errno in words, with the path.
    static func failure(_ path: String) -> LocalStackError {
        .home(path: path, reason: String(cString: strerror(errno)))
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}
