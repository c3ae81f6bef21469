import Glibc
import LocalStack
import Testing

/// What is wrong with a path is one sentence and exit status 73.
@Suite struct PathFaultTests {
    private func arc(_ arguments: [String], home: String, before: String = "true") async throws
        -> ProcessCommand.Outcome
    {
        let arc = "\(FileSystem.parent(of: try StackFiles.currentExecutable()))/arc"
        return try await ProcessCommand(
            executable: "/bin/sh", arguments: ["-c", "\(before); exec \"$@\"", "sh", arc] + arguments,
            environment: ["PATH": "/usr/bin:/bin", "ARC_HOME": home], workingDirectory: "/"
        ).run()
    }

    private func expectFault(_ home: String, _ sentence: String) async throws {
        let outcome = try await arc(["up"], home: home)
        #expect(outcome.exit == .code(73), "\(home)")
        #expect(outcome.errors == "arc up: \(sentence)")
        #expect(outcome.output == "")
    }

    @Test func `a home that cannot be a folder is reported`() async throws {
        let folder = try TestFolder()
        let file = "\(folder.path)/file"
        try FileSystem.replace(file, with: "")
        symlink("\(folder.path)/nowhere", "\(folder.path)/dangling")
        symlink("\(folder.path)/loop", "\(folder.path)/loop")
        let long = "\(folder.path)/" + String(repeating: "x", count: 300)
        for (home, sentence) in [
            ("/proc/x", "/proc/x cannot be created; its file system takes no new folders."),
            ("/proc/x/y", "/proc/x cannot be created; its file system takes no new folders."),
            (file, "\(file) is not a folder, or a part of the path is a file."),
            ("\(file)/home", "\(file) is not a folder, or a part of the path is a file."),
            ("\(folder.path)/dangling", "\(folder.path)/dangling is a symbolic link whose target does not exist."),
            (
                "\(folder.path)/loop/home",
                "\(folder.path)/loop consists of symbolic links that lead to each other."
            ),
        ] { try await expectFault(home, sentence) }
        let outcome = try await arc(["up"], home: long)
        #expect(outcome.exit == .code(73))
        #expect(outcome.errors.hasSuffix(" is longer than the system allows.") && outcome.errors.utf8.count < 400)
    }

    @Test func `a file in place of a folder of the home is reported`() async throws {
        for (name, isFolder, sentence) in [
            ("lock", true, "is a folder, but a file is needed there."),
            ("state.env", true, "is a folder, but a file is needed there."),
            ("logs", false, "is not a folder, or a part of the path is a file."),
            ("outbox", false, "is not a folder, or a part of the path is a file."),
            ("processes", true, "is a folder, but a file is needed there."),
        ] {
            let folder = try TestFolder()
            let path = "\(folder.path)/\(name)"
            if isFolder { mkdir(path, 0o700) } else { try FileSystem.replace(path, with: "") }
            try await expectFault(folder.path, "\(path) \(sentence)")
        }
    }

    @Test(.enabled(if: geteuid() != 0)) func `a home without permission is reported`() async throws {
        let folder = try TestFolder()
        chmod(folder.path, 0o500)
        try await expectFault(
            "\(folder.path)/home", "The current user has no permission for \(folder.path)/home.")
    }

    @Test(arguments: [
        ["up"], ["doctor"], ["demo"], ["token", "--permission", "all"], ["migrate", "status"],
        ["serve", "subscription"],
    ]) func `a deleted current folder is reported`(arguments: [String]) async throws {
        let folder = try TestFolder()
        let gone = "mkdir \(folder.path)/gone && cd \(folder.path)/gone && rmdir \(folder.path)/gone"
        let outcome = try await arc(arguments, home: "", before: gone)
        #expect(outcome.exit == .code(73))
        #expect(
            outcome.errors
                == "arc \(arguments[0]): The current folder no longer exists. Change to another one and try again.")
        #expect(outcome.output == "")
    }

    @Test(arguments: [
        (ENOENT, "/a/b does not exist."), (ENOTDIR, "/a/b is not a folder, or a part of the path is a file."),
        (EISDIR, "/a/b is a folder, but a file is needed there."),
        (EACCES, "The current user has no permission for /a/b."),
        (EPERM, "The current user has no permission for /a/b."),
        (EROFS, "/a/b is on a read-only file system."), (ENOSPC, "There is no space left for /a/b."),
        (EDQUOT, "There is no space left for /a/b."), (ENAMETOOLONG, "/a/b is longer than the system allows."),
        (ELOOP, "/a/b consists of symbolic links that lead to each other."),
        (EMFILE, "/a/b cannot be opened, because too many files are open."),
        (EIO, "/a/b cannot be used: Input/output error."),
    ]) func `every error of the system is a sentence`(error: Int32, sentence: String) {
        #expect(PathFault(path: "/a/b", error: error).description == sentence)
        #expect(LocalStackError.path(PathFault(path: "/a/b", error: error)).exitStatus == 73)
    }

    @Test func `folders are created with their parents and keep their mode`() throws {
        let folder = try TestFolder()
        try FileSystem.makeFolder("\(folder.path)/a/b//c", mode: 0o700)
        try FileSystem.makeFolder("\(folder.path)/a", mode: 0o700)
        var status = stat()
        #expect(stat("\(folder.path)/a/b/c", &status) == 0 && status.st_mode & 0o777 == 0o700)
        #expect(stat("\(folder.path)/a", &status) == 0 && status.st_mode & 0o777 == 0o755)
        try FileSystem.makeFolder("/", mode: 0o700)
    }

    @Test func `a full disk leaves the old file and no draft`() throws {
        // /dev/full takes no byte; a file system that is full answers the same.
        #expect(throws: LocalStackError.self) { try FileSystem.replace("/dev/full/x", with: "text") }
        let folder = try TestFolder()
        let path = "\(folder.path)/file"
        try FileSystem.replace(path, with: "old")
        mkdir("\(path).new", 0o700)
        #expect(throws: LocalStackError.self) { try FileSystem.replace(path, with: "new") }
        #expect(try FileSystem.read(path) == "old")
    }
}
