package import Glibc

/// The file operations of the stack, with errors that name the path.
package enum FileSystem {
    /// Makes a folder and its parents. An existing folder keeps its mode.
    package static func makeFolder(_ path: String, mode: mode_t) throws(LocalStackError) {
        var part = ""
        let names = path.split(separator: "/")
        for (index, name) in names.enumerated() {
            part += "/\(name)"
            try makeOneFolder(part, mode: index == names.count - 1 ? mode : 0o755)
        }
    }

    private static func makeOneFolder(_ path: String, mode: mode_t) throws(LocalStackError) {
        guard mkdir(path, mode) != 0 else {
            guard chmod(path, mode) == 0 else { throw failure(path) }  // whatever the umask says
            return
        }
        let error = errno
        // Existing folders often answer with another error: a read-only file system, no permission for the parent.
        if isFolder(path) { return }
        switch error {
        case EEXIST:
            var status = stat()
            guard stat(path, &status) == 0 else { throw failure(path) }
            throw .path(PathFault(path: path, reason: .notAFolder))
        // The parent exists, so it is its file system that refuses.
        case ENOENT, EINVAL, ENOSYS, EOPNOTSUPP: throw .path(PathFault(path: path, reason: .noNewEntries))
        default: throw .path(PathFault(path: path, error: error))
        }
    }

    /// Whether there is a folder at the path.
    package static func isFolder(_ path: String) -> Bool {
        status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    /// Whether there is anything at the path.
    package static func exists(_ path: String) -> Bool { status(path) != nil }

    /// Whether the current user may execute the file at the path.
    package static func isExecutable(_ path: String) -> Bool { !isFolder(path) && access(path, X_OK) == 0 }

    /// The whole text of a file, nil when there is no such file.
    package static func read(_ path: String) throws(LocalStackError) -> String? {
        // A pipe without a writer would otherwise block.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT, !PathFault.isDanglingLink(path) { return nil }
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
        guard isWritten else {
            unlink(draft)
            throw reason
        }
        guard rename(draft, path) == 0 else {
            let reason = failure(path)
            unlink(draft)
            throw reason
        }
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
    /// - Throws: `.noCurrentFolder` when it was deleted, or cannot be found for another reason.
    package static func currentFolder() throws(LocalStackError) -> String {
        guard let folder = getcwd(nil, 0) else { throw .noCurrentFolder }
        defer { free(folder) }
        let path = String(cString: folder)
        // Linux marks a folder that is not reachable from the root in this way.
        guard path.hasPrefix("/") else { throw .noCurrentFolder }
        return path
    }

    /// The last system error, with the path.
    static func failure(_ path: String) -> LocalStackError { .path(PathFault(path: path, error: errno)) }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}
