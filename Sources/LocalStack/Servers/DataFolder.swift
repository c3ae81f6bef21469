private import Glibc

/// Finds a folder for the servers' data that their account can enter.
enum DataFolder {
    /// Where the data goes when the account cannot enter the home (say, a project below a private home folder).
    /// The name is derived from the home's path, so that the same home finds the same data.
    static func fallback(for home: StackHome) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a: stable over runs, unlike Hasher
        for byte in home.path.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return "/var/lib/arc/" + String(hash, radix: 16)
    }

    /// Makes the folder for a new stack, owned by the account.
    /// - Returns: The folder, and whether it is outside the home.
    static func prepare(
        home: StackHome, account: ServerAccount?
    ) async throws(LocalStackError) -> (path: String, isOutside: Bool) {
        guard let account else {
            try FileSystem.makeFolder(home.dataFolder, mode: 0o700)
            return (home.dataFolder, false)
        }
        for (path, isOutside) in [(home.dataFolder, false), (fallback(for: home), true)] {
            try FileSystem.makeFolder(path, mode: 0o700)
            guard chown(path, account.user, account.group) == 0 else { throw FileSystem.failure(path) }
            if try await canUse(path, account) { return (path, isOutside) }
            if !isOutside { rmdir(path) }
        }
        throw .noDataFolder(path: fallback(for: home), account: account.name)
    }

    /// Asks the system as that account, because permissions of parent folders and access lists count too.
    private static func canUse(_ path: String, _ account: ServerAccount) async throws(LocalStackError) -> Bool {
        let test = ProcessCommand(
            executable: "/usr/bin/test", arguments: ["-w", path], workingDirectory: "/", account: account)
        return try await test.run().exit.isSuccess
    }
}
