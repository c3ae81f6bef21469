import CProcess

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// One running `arc-pdf`, spoken to over a socket pair. Blocks; belongs to one thread.
final class RendererProcess {
    let processIdentifier: pid_t
    /// Our end of the pair: non-blocking, closed by ``end()``.
    private(set) var socket: Int32
    private var errors: Int32
    private var parser = PDFFrameParser()
    private var outgoing: ArraySlice<UInt8> = []
    /// The end of what it wrote to standard error.
    private var errorOutput: [UInt8] = []
    private var engine = ""
    private var isReaped = false

    private static let keptErrorOutput = 500

    /// Starts the program.
    /// - Throws: `.cannotStart`.
    init(_ configuration: PDFRendererConfiguration) throws(PDFError) {
        func failure(_ error: Int32) -> PDFError {
            .cannotStart(program: configuration.executable, reason: String(cString: strerror(error)))
        }
        var pair: [Int32] = [-1, -1]
        #if os(Linux)
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        #else
        let type = SOCK_STREAM
        #endif
        guard socketpair(AF_UNIX, type, 0, &pair) == 0 else { throw failure(errno) }
        var pipe: [Int32] = [-1, -1]
        let withoutPipe = process_pipe(&pipe)
        guard withoutPipe == 0 else {
            for descriptor in pair { close(descriptor) }
            throw failure(withoutPipe)
        }
        var child: pid_t = 0
        let withoutChild = Self.spawn(configuration, pair[1], pipe[1], &child)
        close(pair[1])
        close(pipe[1])
        guard withoutChild == 0 else {
            close(pair[0])
            close(pipe[0])
            throw failure(withoutChild)
        }
        for descriptor in [pair[0], pipe[0]] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        processIdentifier = child
        socket = pair[0]
        errors = pipe[0]
    }

    /// Waits until the program is ready.
    func greet(within limit: Duration) throws(PDFError) {
        guard case .ready(let engine) = try reply(.now + limit, limit) else {
            throw .invalidReply("not a greeting")
        }
        self.engine = engine
    }

    /// Has a document drawn.
    func draw(_ request: [UInt8], within limit: Duration) throws(PDFError) -> PDFRenderer.Output {
        guard parser.isEmpty else { throw .invalidReply("more than was asked for") }
        outgoing = PDFFrame.encode(request)[...]
        let deadline = ContinuousClock.now + limit
        switch try reply(deadline, limit) {
        case .drawn(let pages, let missing):
            let bytes = try frame(limit: PDFLimits.fileBytes, deadline, limit)
            guard bytes.starts(with: Array("%PDF-".utf8)) else { throw .invalidReply("not a PDF file") }
            return PDFRenderer.Output(bytes: bytes, pages: pages, missing: missing, engine: engine)
        case .failed(let reason): throw .refused(reason: String(reason.prefix(200)))
        case .ready: throw .invalidReply("a second greeting")
        }
    }

    /// Kills the program, waits for its end, and closes everything.
    func end() {
        _ = stop(patience: 0)
        close(socket)
        close(errors)
        socket = -1
        errors = -1
    }

    // MARK: Messages

    private func reply(_ deadline: ContinuousClock.Instant, _ limit: Duration) throws(PDFError) -> PDFReply {
        let frame = try frame(limit: PDFLimits.replyBytes, deadline, limit)
        do throws(PDFProtocolError) { return try PDFReply(frame) } catch { throw .invalidReply("\(error)") }
    }

    /// The next frame; sends what is outgoing meanwhile.
    private func frame(
        limit bytes: Int, _ deadline: ContinuousClock.Instant, _ limit: Duration
    ) throws(PDFError) -> [UInt8] {
        while true {
            do throws(PDFProtocolError) {
                if let frame = try parser.next(limit: bytes) { return frame }
            } catch {
                throw .invalidReply("\(error)")
            }
            let rest = ContinuousClock.now.duration(to: deadline)
            guard rest > .zero else { throw .timedOut(limit) }
            var polled = [
                pollfd(fd: socket, events: Int16(outgoing.isEmpty ? POLLIN : POLLIN | POLLOUT), revents: 0),
                pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
            ]
            let milliseconds = rest.components.seconds * 1000 + rest.components.attoseconds / 1_000_000_000_000_000 + 1
            guard poll(&polled, nfds_t(polled.count), Int32(min(milliseconds, 60_000))) >= 0 else {
                if errno == EINTR { continue }
                throw .invalidReply(String(cString: strerror(errno)))
            }
            if polled[1].revents != 0 { readErrors() }
            if polled[0].revents & Int16(POLLOUT) != 0 { sendOutgoing() }
            if polled[0].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0, !receive() {
                let exit = stop(patience: 1000)
                readErrors()
                throw .crashed(exit: exit, output: errorText)
            }
        }
    }

    private func sendOutgoing() {
        // An error shows itself at the next read.
        let count = outgoing.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Self.sendFlags) }
        if count > 0 { outgoing = outgoing.dropFirst(count) }
    }

    #if os(Linux)
    private static let sendFlags = Int32(MSG_NOSIGNAL)
    #else
    private static let sendFlags: Int32 = 0
    #endif

    /// Reads what is there.
    /// - Returns: `false` when the program has closed its end.
    private func receive() -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 64 * 1024, alignment: 1) { buffer in
            let count = recv(socket, buffer.baseAddress, buffer.count, 0)
            if count > 0 {
                parser.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                return true
            }
            return count < 0 && (errno == EAGAIN || errno == EINTR)
        }
    }

    private func readErrors() {
        guard errors >= 0 else { return }
        let isOpen = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer -> Bool in
            let count = read(errors, buffer.baseAddress, buffer.count)
            guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
            errorOutput.append(contentsOf: buffer[..<count])
            errorOutput.removeFirst(max(0, errorOutput.count - Self.keptErrorOutput))
            return true
        }
        // `poll` ignores a negative descriptor; a closed pipe would wake it again and again.
        if !isOpen {
            close(errors)
            errors = -1
        }
    }

    /// The last line of standard error, as one line.
    private var errorText: String {
        let lines = errorOutput.split(separator: UInt8(ascii: "\n"))
        return PrintableText.clean(String(decoding: lines.last ?? [], as: UTF8.self))
    }

    // MARK: The end

    /// Waits for the end of the program for `patience` milliseconds, then kills it, and reaps it.
    /// - Returns: How it ended.
    private func stop(patience: Int32) -> String {
        guard !isReaped else { return "has ended" }
        let descriptor = process_exit_descriptor(processIdentifier)
        defer { if descriptor >= 0 { close(descriptor) } }
        let hasEnded = Self.waitForEnd(descriptor, milliseconds: patience)
        // Until it is reaped, its group id cannot belong to anybody else. Whatever it left behind goes with it.
        _ = kill(-processIdentifier, SIGKILL)
        var code: Int32 = 0
        var signal: Int32 = 0
        var reaped = process_reap(processIdentifier, &code, &signal)
        while reaped == 0 {
            if !Self.waitForEnd(descriptor, milliseconds: 1000), descriptor < 0 { usleep(2000) }
            reaped = process_reap(processIdentifier, &code, &signal)
        }
        isReaped = true
        guard hasEnded, reaped == 1 else { return "was killed" }
        return code >= 0 ? "exited with code \(code)" : "was ended by signal \(signal)"
    }

    /// - Returns: Whether the process of the descriptor has ended; `false` where the system has no such descriptors.
    private static func waitForEnd(_ descriptor: Int32, milliseconds: Int32) -> Bool {
        guard descriptor >= 0 else { return false }
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, milliseconds) > 0
    }

    private static func spawn(
        _ configuration: PDFRendererConfiguration, _ channel: Int32, _ errors: Int32, _ child: inout pid_t
    ) -> Int32 {
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(configuration.executable), nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            configuration.environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        return configuration.executable.withCString { path in
            "/".withCString { folder in
                arguments.withUnsafeMutableBufferPointer { arguments in
                    variables.withUnsafeMutableBufferPointer { variables in
                        var request = process_spawn_request(
                            executable: path, arguments: arguments.baseAddress, environment: variables.baseAddress,
                            working_directory: folder, standard_input: channel, standard_output: channel,
                            standard_error: errors, changes_user: 0, user: 0, group: 0, parent_death_signal: SIGKILL)
                        return process_spawn(&request, &child)
                    }
                }
            }
        }
    }
}
