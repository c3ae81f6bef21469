private import Glibc

/// Finds the running program and its companion files.
package enum StackFiles {
    /// The absolute path of the running program. Determine it at the start, because a rebuild replaces the file.
    package static func currentExecutable() throws(LocalStackError) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard count > 0 else { throw FileSystem.failure("/proc/self/exe") }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Swagger UI's files as `make deps` puts them: below the current folder, or below a folder that holds the program.
    package static func explorerAssets(executable: String, currentFolder: String) -> String? {
        var folders = [currentFolder]
        var folder = FileSystem.parent(of: executable)
        while folder != "/" {
            folders.append(folder)
            folder = FileSystem.parent(of: folder)
        }
        return folders.map { "\($0)/.build-assets/swagger-ui" }.first(where: FileSystem.isFolder)
    }
}
