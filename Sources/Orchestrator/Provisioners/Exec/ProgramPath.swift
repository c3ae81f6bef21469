#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Finds programs.
enum ProgramPath {
    /// The absolute path of a program: itself, below the working folder, or found in PATH when the name has no slash.
    /// Nil when there is no executable file.
    static func absolute(_ name: String) -> String? {
        guard name.contains("/") else {
            let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
            return folders.split(separator: ":").lazy.map { "\($0)/\(name)" }.first {
                $0.hasPrefix("/") && isExecutable($0)
            }
        }
        guard let resolved = realpath(name, nil) else { return nil }
        defer { free(resolved) }
        // The name it was called by stays, if it is absolute: some programs look at it.
        let path = name.hasPrefix("/") ? name : String(cString: resolved)
        return isExecutable(path) ? path : nil
    }

    private static func isExecutable(_ path: String) -> Bool {
        guard access(path, X_OK) == 0 else { return false }
        guard let folder = opendir(path) else { return true }
        closedir(folder)
        return false
    }
}
