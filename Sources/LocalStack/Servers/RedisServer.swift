private import Glibc

/// The private Redis: password, loopback only, append-only file.
struct RedisServer: Sendable {
    let binaries: ServerBinaries
    let account: ServerAccount?
    /// Folder of its append-only file.
    let folder: String
    let port: UInt16
    let password: String

    init(binaries: ServerBinaries, account: ServerAccount?, state: StackState) {
        self.binaries = binaries
        self.account = account
        folder = "\(state.dataFolder)/redis"
        port = state.redisPort
        password = state.redisPassword
    }

    /// Makes the data folder.
    func initialize() throws(LocalStackError) {
        try FileSystem.makeFolder(folder, mode: 0o700)
        guard let account else { return }
        guard chown(folder, account.user, account.group) == 0 else { throw FileSystem.failure(folder) }
    }

    /// Its configuration. It holds the password, so it is given on standard input.
    var configuration: String {
        """
        bind 127.0.0.1
        port \(port)
        protected-mode yes
        requirepass \(password)
        dir \(Self.quoted(folder))
        appendonly yes
        appendfsync everysec
        save ""
        daemonize no
        maxmemory-policy noeviction

        """
    }

    var serverCommand: ProcessCommand {
        ProcessCommand(
            executable: binaries.redisServer, arguments: ["-"],
            environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"], workingDirectory: folder,
            input: Array(configuration.utf8), account: account, parentDeathSignal: .terminate)
    }

    /// Asks whether it serves. While it loads its data it answers that it does not.
    func probe() async -> Readiness {
        let answer = await LoopbackClient.exchange(
            host: "127.0.0.1", port: port, request: "AUTH \(password)\r\nPING\r\n",
            until: { $0.contains("+PONG") || $0.contains("-LOADING") })
        guard let answer, !answer.isEmpty else { return .silent }
        return answer.contains("+PONG") ? .ready : .starting
    }

    private static func quoted(_ text: String) -> String {
        "\"" + String(text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }) + "\""
    }
}
