import CProcess
import Logging

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A thread that owns one process and feeds it with documents.
///
/// The thread lives as long as its queue: the kernel ends the process when the thread that started it ends.
final class RenderWorker {
    private let queue: RenderQueue
    private var process: RendererProcess?
    private var drawn = 0

    private init(queue: RenderQueue) { self.queue = queue }

    /// Starts a thread for the queue.
    /// - Returns: `false` when the system has no more threads.
    static func start(on queue: RenderQueue) -> Bool {
        let context = Unmanaged.passRetained(queue)
        let failure = process_start_thread(
            { context in
                guard let context else { return nil }
                RenderWorker(queue: Unmanaged<RenderQueue>.fromOpaque(context).takeRetainedValue()).run()
                return nil
            }, context.toOpaque())
        if failure != 0 { context.release() }
        return failure == 0
    }

    private func run() {
        defer { discardProcess() }
        while waitForAnnouncement() {
            guard let job = queue.take() else { continue }
            queue.finish(job, draw(job.request))
        }
    }

    /// Waits for a job.
    /// - Returns: `false` when the queue is stopped.
    private func waitForAnnouncement() -> Bool {
        while true {
            var polled = [pollfd(fd: queue.announcements, events: Int16(POLLIN), revents: 0)]
            if let process { polled.append(pollfd(fd: process.socket, events: Int16(POLLIN), revents: 0)) }
            let patience = process == nil ? -1 : Int32(queue.configuration.idleTime.components.seconds) * 1000
            let count = poll(&polled, nfds_t(polled.count), patience)
            guard count >= 0 else {
                if errno == EINTR { continue }
                return false
            }
            if count == 0 {
                discardProcess()
                continue
            }
            // It has ended, or speaks without being asked: the next document gets a new one.
            if polled.count > 1, polled[1].revents != 0 { discardProcess() }
            guard polled[0].revents != 0 else { continue }
            var byte: UInt8 = 0
            let taken = read(queue.announcements, &byte, 1)
            if taken == 1 { return true }
            if taken == 0 { return false }
            // Another thread was faster.
            if errno != EAGAIN, errno != EINTR { return false }
        }
    }

    private func draw(_ request: [UInt8]) -> Result<PDFRenderer.Output, PDFError> {
        let first = attempt(request)
        // A process that was ended from outside, or by an earlier document's traces, deserves a second try.
        guard case .failure(let error) = first, case .crashed = error else { return first }
        queue.logger.warning("arc-pdf ended; starting it again", metadata: ["error": "\(error)"])
        return attempt(request)
    }

    private func attempt(_ request: [UInt8]) -> Result<PDFRenderer.Output, PDFError> {
        do throws(PDFError) {
            let process = if let process { process } else { try start() }
            let output = try process.draw(request, within: queue.configuration.documentTimeout)
            drawn += 1
            if drawn >= queue.configuration.documentsPerProcess { discardProcess() }
            return .success(output)
        } catch {
            if case .refused = error { return .failure(error) }
            discardProcess()
            return .failure(error)
        }
    }

    private func start() throws(PDFError) -> RendererProcess {
        let started = try RendererProcess(queue.configuration)
        do throws(PDFError) { try started.greet(within: queue.configuration.startTimeout) } catch {
            started.end()
            throw .cannotStart(program: queue.configuration.executable, reason: "\(error)")
        }
        queue.record(started.processIdentifier, isRunning: true)
        process = started
        drawn = 0
        return started
    }

    private func discardProcess() {
        guard let process else { return }
        process.end()
        queue.record(process.processIdentifier, isRunning: false)
        self.process = nil
    }
}
