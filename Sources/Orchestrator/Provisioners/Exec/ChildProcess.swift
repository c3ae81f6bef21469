import CProcess

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A running program, used on one thread, which lives at least as long as the program.
struct ChildProcess {
    private let command: Command
    private var child: pid_t = 0
    private var input: Int32 = -1
    private var output: Int32 = -1
    private var error: Int32 = -1
    /// Readable when the program has ended.
    private var end: Int32 = -1
    private var written = 0
    private var collected: [UInt8] = []
    private var errorTail: [UInt8] = []
    /// Why the group was ended, once it was.
    private var reason: CommandResult.End?

    private static let maximumErrorTail = 8 * 1024
    /// Longest sleep between two looks at the child, in milliseconds.
    private static let lookInterval: Int32 = 50
    private static let graceAtEnd = Duration.milliseconds(500)

    init(_ command: Command) { self.command = command }

    /// Runs the program to its end.
    /// - Parameter isCancelled: Asked at every look.
    mutating func run(isCancelled: () -> Bool) -> Result<CommandResult, CommandFailure> {
        let code = start()
        guard code == 0 else { return .failure(CommandFailure(code: code)) }
        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: command.timeLimit)
        var killAt: ContinuousClock.Instant?
        while true {
            exchange(timeout: Self.lookInterval)
            if let status = reap() {
                // What it wrote is in the pipes already; background processes of it are not waited for.
                exchange(timeout: 0, isLast: true)
                closeDescriptors()
                // A program that wrote too much may have ended before it was noticed.
                if reason == nil, collected.count > command.maximumOutput { reason = .tooMuchOutput }
                let result = CommandResult(end: reason ?? status, output: collected, errorTail: errorTail)
                return .success(result)
            }
            if reason == nil {
                if isCancelled() { reason = .cancelled }
                if clock.now >= deadline { reason = .timedOut }
                if collected.count > command.maximumOutput { reason = .tooMuchOutput }
                if reason != nil {
                    kill(-child, SIGTERM)
                    // A service that stops has little time left itself.
                    let grace = reason == .cancelled ? min(command.graceTime, Self.graceAtEnd) : command.graceTime
                    killAt = clock.now.advanced(by: grace)
                }
            } else if let time = killAt, clock.now >= time {
                kill(-child, SIGKILL)
                killAt = nil
            }
        }
    }

    /// The child's end, once it has one. Its group is gone after an early end.
    private mutating func reap() -> CommandResult.End? {
        var code: Int32 = -1
        var signal: Int32 = 0
        let state = process_reap(child, &code, &signal)
        if state == 0 { return nil }
        if reason != nil { kill(-child, SIGKILL) }
        return state < 0 || signal != 0 ? .killed(signal: signal) : .exited(code: code)
    }

    // MARK: Pipes

    /// Moves what can be moved; waits for something to move at most that many milliseconds.
    /// - Parameter isLast: Whether the program has ended: what it wrote is taken in any case.
    private mutating func exchange(timeout: Int32, isLast: Bool = false) {
        let hasRoom = isLast || command.outputChannel?.hasRoom ?? true
        var entries = [
            pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: hasRoom ? output : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: error, events: Int16(POLLIN), revents: 0), pollfd(fd: end, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&entries, nfds_t(entries.count), timeout) > 0 else { return }
        if entries[0].revents != 0 { sendInput() }
        if entries[1].revents != 0 {
            if let channel = command.outputChannel {
                var bytes: [UInt8] = []
                output = receive(output, into: &bytes)
                channel.put(bytes)
            } else {
                output = receive(output, into: &collected, limit: command.maximumOutput + 1)
            }
        }
        if entries[2].revents != 0 {
            error = receive(error, into: &errorTail, keepingLast: Self.maximumErrorTail)
        }
    }

    private mutating func sendInput() {
        let count = command.input[written...].withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
        if count > 0 { written += count }
        let isOver = count < 0 && errno != EAGAIN && errno != EINTR
        if isOver || written == command.input.count {
            close(input)
            input = -1
        }
    }

    /// Reads what is there, at most 256 KiB at a time, so that a program that never stops writing is looked at in
    /// between. Returns the descriptor, or -1 when it came to its end and is closed.
    /// - Parameters:
    ///   - limit: Most bytes kept, from the beginning.
    ///   - keepingLast: Most bytes kept, from the end.
    private func receive(
        _ descriptor: Int32, into bytes: inout [UInt8], limit: Int = .max, keepingLast: Int = .max
    ) -> Int32 {
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        for _ in 0..<16 {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes.append(contentsOf: buffer[..<count].prefix(max(0, limit - bytes.count)))
                bytes.removeFirst(max(0, bytes.count - keepingLast))
                if count == buffer.count { continue }
                return descriptor
            }
            if count < 0, errno == EAGAIN || errno == EINTR { return descriptor }
            close(descriptor)
            return -1
        }
        return descriptor
    }

    private mutating func closeDescriptors() {
        for descriptor in [input, output, error, end] where descriptor >= 0 { close(descriptor) }
        (input, output, error, end) = (-1, -1, -1, -1)
    }

    // MARK: Start

    /// Starts the program in a new process group, with no descriptors but three pipes. When this process is killed,
    /// the kernel kills the program too, so that it does not go on beside the next attempt.
    /// Returns 0 or `errno`.
    private mutating func start() -> Int32 {
        var pipes: [Int32] = []
        defer { for descriptor in pipes { close(descriptor) } }
        for _ in 0..<3 {
            var pair: (Int32, Int32) = (-1, -1)
            let code = withUnsafeMutableBytes(of: &pair) {
                process_pipe($0.assumingMemoryBound(to: Int32.self).baseAddress)
            }
            guard code == 0 else { return code }
            pipes += [pair.0, pair.1]
        }
        // Ours are the write end of the first pipe and the read ends of the others.
        let ours = [pipes[1], pipes[2], pipes[4]]
        for descriptor in ours { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }

        let code = withCStrings(command.arguments) { arguments in
            withCStrings(command.environment.map { "\($0)=\($1)" }) { environment in
                withOptionalCString(command.workingDirectory) { folder in
                    var request = process_spawn_request()
                    request.executable = UnsafePointer(arguments[0])
                    request.arguments = arguments
                    request.environment = environment
                    request.working_directory = folder
                    request.standard_input = pipes[0]
                    request.standard_output = pipes[3]
                    request.standard_error = pipes[5]
                    request.parent_death_signal = SIGKILL
                    return process_spawn(&request, &child)
                }
            }
        }
        guard code == 0 else { return code }
        (input, output, error, end) = (ours[0], ours[1], ours[2], process_exit_descriptor(child))
        pipes = [pipes[0], pipes[3], pipes[5]]
        return 0
    }
}

/// The texts as a C array closed by NULL, for the duration of the call.
private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let copies: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    return copies.withUnsafeBufferPointer { buffer in
        // A buffer of at least one element has an address.
        buffer.baseAddress.map(body) ?? withUnsafePointer(to: nil) { body($0) }
    }
}

private func withOptionalCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let text else { return body(nil) }
    return text.withCString { body($0) }
}
