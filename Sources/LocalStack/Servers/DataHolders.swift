private import Glibc

/// Finds the processes that work in a cluster's data folder: every process of PostgreSQL has it as its current folder.
enum DataHolders {
    /// The ids of the processes, without those that this program may not see; empty where there is no /proc.
    static func find(folder: String) -> [Int32] {
        guard let resolved = realpath(folder, nil) else { return [] }
        defer { free(resolved) }
        let folder = String(cString: resolved)
        return FileSystem.names(in: "/proc").compactMap { Int32($0) }.filter { target(of: "/proc/\($0)/cwd") == folder }
            .sorted()
    }

    private static func target(of link: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &buffer, buffer.count)
        return count < 0 ? nil : String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
