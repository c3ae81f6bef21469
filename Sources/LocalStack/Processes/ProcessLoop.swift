private import CProcess
private import Glibc

/// The reactor thread's own state: descriptors to poll and who is behind them.
struct ProcessLoop {
    private struct Stream {
        let output: ProcessOutput
        let onLine: ProcessReactor.LineHandler
        var splitter = LineSplitter()
    }

    private let wakeUp: Int32
    private var streams: [Int32: Stream] = [:]
    private var exits: [Int32: (child: ChildProcess, outputs: [Int32])] = [:]

    init(wakeUp: Int32) {
        self.wakeUp = wakeUp
    }

    /// Blocks until something happened and handles it.
    mutating func wait() {
        var polled = [pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)]
        polled += streams.keys.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        polled += exits.keys.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&polled, nfds_t(polled.count), -1) > 0 else { return }
        for entry in polled where entry.revents != 0 {
            if entry.fd == wakeUp {
                drainWakeUp()
            } else if streams[entry.fd] != nil {
                readOutput(entry.fd, untilEmpty: false)
            } else {
                finishChild(entry.fd)
            }
        }
    }

    /// Forks, on this thread, and watches the child.
    mutating func start(
        _ command: ProcessCommand, onLine: @escaping ProcessReactor.LineHandler
    ) -> Result<ChildProcess, LocalStackError> {
        var pipes: [[Int32]] = []
        defer { for descriptor in pipes.joined() where descriptor >= 0 { close(descriptor) } }
        for _ in 0..<3 {
            var pair: [Int32] = [-1, -1]
            let failure = process_pipe(&pair)
            guard failure == 0 else { return .failure(.cannotStart(command, failure)) }
            pipes.append(pair)
        }
        // At most `maximumInput` bytes into an empty pipe: never blocks.
        let written = command.input.withUnsafeBytes { write(pipes[0][1], $0.baseAddress, $0.count) }
        guard written == command.input.count else { return .failure(.cannotStart(command, errno)) }

        var child: pid_t = 0
        let failure = command.withSpawnRequest(input: pipes[0][0], output: pipes[1][1], error: pipes[2][1]) {
            process_spawn($0, &child)
        }
        guard failure == 0 else { return .failure(.cannotStart(command, failure)) }

        let exit = process_exit_descriptor(child)
        guard exit >= 0 else {
            let failure = errno
            _ = kill(child, SIGKILL)
            return .failure(.cannotStart(command, failure))
        }
        let process = ChildProcess(processIdentifier: child)
        let outputs = [pipes[1][0], pipes[2][0]]
        for (descriptor, output) in zip(outputs, [ProcessOutput.standardOutput, .standardError]) {
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            streams[descriptor] = Stream(output: output, onLine: onLine)
        }
        pipes[1][0] = -1
        pipes[2][0] = -1
        exits[exit] = (process, outputs)
        return .success(process)
    }

    private func drainWakeUp() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(wakeUp, &bytes, bytes.count) > 0 {}
    }

    private mutating func readOutput(_ descriptor: Int32, untilEmpty: Bool) {
        guard var stream = streams.removeValue(forKey: descriptor) else { return }
        let hand: (ArraySlice<UInt8>) -> Void = { stream.onLine(stream.output, $0) }
        var splitter = stream.splitter
        var count = 0
        withUnsafeTemporaryAllocation(byteCount: 64 * 1024, alignment: 1) { buffer in
            repeat {
                count = read(descriptor, buffer.baseAddress, buffer.count)
                if count > 0 { splitter.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]), line: hand) }
            } while count > 0 && untilEmpty
        }
        if count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR)) {
            stream.splitter = splitter
            streams[descriptor] = stream
        } else {
            splitter.finish(line: hand)
            close(descriptor)
        }
    }

    private mutating func finishChild(_ descriptor: Int32) {
        guard let (child, outputs) = exits[descriptor] else { return }
        // What it said last is handed out before anybody learns that it ended.
        for output in outputs { readOutput(output, untilEmpty: true) }
        let exit = child.reap {
            // Still a zombie: its group id cannot belong to anybody else. Whatever it left behind goes with it.
            _ = kill(-child.processIdentifier, SIGKILL)
            var code: Int32 = 0
            var signal: Int32 = 0
            switch process_reap(child.processIdentifier, &code, &signal) {
            case 0: return nil
            case 1: return code >= 0 ? .code(code) : .signal(signal)
            default: return .code(-1)
            }
        }
        guard exit != nil else { return }
        exits[descriptor] = nil
        close(descriptor)
    }
}

extension ProcessCommand {
    /// Lends the command to `process_spawn` as C strings.
    fileprivate func withSpawnRequest(
        input: Int32, output: Int32, error: Int32, _ body: (UnsafePointer<process_spawn_request>) -> Int32
    ) -> Int32 {
        var arguments: [UnsafeMutablePointer<CChar>?] = ([executable] + self.arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        let folder = workingDirectory.flatMap { strdup($0) }
        defer {
            for text in arguments + variables { free(text) }
            free(folder)
        }
        return executable.withCString { path in
            arguments.withUnsafeMutableBufferPointer { arguments in
                variables.withUnsafeMutableBufferPointer { variables in
                    var request = process_spawn_request(
                        executable: path, arguments: arguments.baseAddress, environment: variables.baseAddress,
                        working_directory: folder, standard_input: input, standard_output: output,
                        standard_error: error, changes_user: account == nil ? 0 : 1, user: account?.user ?? 0,
                        group: account?.group ?? 0, parent_death_signal: parentDeathSignal.number)
                    return body(&request)
                }
            }
        }
    }
}

extension LocalStackError {
    /// A failed start, in the system's words.
    fileprivate static func cannotStart(_ command: ProcessCommand, _ failure: Int32) -> LocalStackError {
        .cannotStart(program: command.executable, reason: String(cString: strerror(failure)))
    }
}
