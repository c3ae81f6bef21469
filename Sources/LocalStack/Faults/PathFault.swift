import Glibc

/// Why a path cannot be used: the path and the reason, one sentence for a terminal.
package struct PathFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    package enum Reason: Sendable, Hashable {
        /// Nothing is there.
        case missing
        /// A file, or something else that is not a folder, is where a folder is needed.
        case notAFolder
        /// A folder is where a file is needed.
        case isAFolder
        /// A symbolic link that leads nowhere.
        case danglingLink
        /// Symbolic links that lead to each other.
        case linkLoop
        case noPermission
        case readOnly
        case nameTooLong
        case noSpace
        case tooManyOpenFiles
        /// The file system exists but does not take new entries there, as /proc.
        case noNewEntries
        /// Any other error of the system.
        case other(Int32)
    }

    /// The absolute path.
    package let path: String
    package let reason: Reason

    package init(path: String, reason: Reason) {
        self.path = path
        self.reason = reason
    }

    /// Whether the path is a symbolic link whose target does not exist.
    static func isDanglingLink(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return false }
        return stat(path, &status) != 0
    }

    /// The fault that a system call reported.
    package init(path: String, error: Int32) {
        let reason: Reason =
            switch error {
            case ENOENT: Self.isDanglingLink(path) ? .danglingLink : .missing
            case ENOTDIR: .notAFolder
            case EISDIR: .isAFolder
            case ELOOP: .linkLoop
            case EACCES, EPERM: .noPermission
            case EROFS: .readOnly
            case ENAMETOOLONG: .nameTooLong
            case ENOSPC, EDQUOT: .noSpace
            case EMFILE, ENFILE: .tooManyOpenFiles
            default: .other(error)
            }
        self.init(path: path, reason: reason)
    }

    package var description: String {
        switch reason {
        case .missing: "\(shown) does not exist."
        case .notAFolder: "\(shown) is not a folder, or a part of the path is a file."
        case .isAFolder: "\(shown) is a folder, but a file is needed there."
        case .danglingLink: "\(shown) is a symbolic link whose target does not exist."
        case .linkLoop: "\(shown) consists of symbolic links that lead to each other."
        case .noPermission: "The current user has no permission for \(shown)."
        case .readOnly: "\(shown) is on a read-only file system."
        case .nameTooLong: "\(shown) is longer than the system allows."
        case .noSpace: "There is no space left for \(shown)."
        case .tooManyOpenFiles: "\(shown) cannot be opened, because too many files are open."
        case .noNewEntries: "\(shown) cannot be created; its file system takes no new folders."
        case .other(let error): "\(shown) cannot be used: \(String(cString: strerror(error)))."
        }
    }

    /// A path that is itself too long to show is cut.
    private var shown: String { path.utf8.count <= 300 ? path : "\(path.prefix(120))…\(path.suffix(40))" }
}
