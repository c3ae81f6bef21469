import Glibc
import LocalStack

/// A test's own folder below the system's temporary folder, which another account may enter; removed at the end.
final class TestFolder {
    let path: String

    init() throws {
        let base = ProcessEnvironment.current()["TMPDIR"] ?? "/tmp"
        var template = Array("\(base)/arc-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw LocalStackError.path(PathFault(path: base, error: errno)) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        chmod(path, 0o711)
    }

    deinit {
        Self.remove(path)
    }

    private static func remove(_ path: String) {
        if FileSystem.isFolder(path), !isLink(path) {
            for name in FileSystem.names(in: path) { remove("\(path)/\(name)") }
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    private static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }
}
