import Foundation
import PDFDocuments
import TestSupport
import Testing

/// What a renderer does that hangs, crashes or talks nonsense: it fails one document and nothing else.
@Suite struct RendererFaultTests {
    private func error(_ renderer: PDFRenderer, _ title: String) async -> PDFError? {
        do throws(PDFError) {
            _ = try await renderer.render(.invoice(title: title))
            return nil
        } catch {
            return error
        }
    }

    private func process(_ renderer: PDFRenderer) async throws -> Int32 {
        try await eventually("a process runs") { !renderer.processIdentifiers.isEmpty }
        return renderer.processIdentifiers[0]
    }

    /// Kills every process of the renderer until a document is given up.
    private func killProcesses(of renderer: PDFRenderer, until document: Task<PDFError?, Never>) async -> PDFError? {
        let killing = Task {
            while !Task.isCancelled {
                for victim in renderer.processIdentifiers { kill(victim, SIGKILL) }
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        defer { killing.cancel() }
        return await document.value
    }

    @Test func `a process is started for the first document and kept for the next`() async throws {
        let renderer = Renderers.standIn()
        #expect(renderer.processIdentifiers.isEmpty)
        let first = try await renderer.render(.invoice()).bytes
        let process = try await process(renderer)
        #expect(String(decoding: first, as: UTF8.self) == "%PDF-1-\(process)")
        #expect(String(decoding: try await renderer.render(.invoice()).bytes, as: UTF8.self) == "%PDF-2-\(process)")
    }

    @Test func `a document that hangs is given up, and the next one is drawn`() async throws {
        let renderer = Renderers.standIn { $0.documentTimeout = .seconds(1) }
        #expect(await error(renderer, "hang") == .timedOut(.seconds(1)))
        #expect(await error(renderer, "half") == .timedOut(.seconds(1)))
        // On a busy machine this one may take longer than its second, too.
        try await eventually("the next one is drawn") { await error(renderer, "Invoice") == nil }
    }

    @Test func `a document that crashes its process twice fails, and the next one is drawn`() async throws {
        let renderer = Renderers.standIn()
        #expect(await error(renderer, "crash") == .crashed(exit: "was ended by signal 11", output: ""))
        #expect(await error(renderer, "Invoice") == nil)
    }

    @Test func `a document whose process crashes is drawn by a new one`() async throws {
        let renderer = Renderers.standIn()
        #expect(await error(renderer, "Invoice") == nil)
        let first = try await process(renderer)
        #expect(await error(renderer, "crash when warm") == nil)
        #expect(try await process(renderer) != first)
    }

    @Test func `a process that was killed is replaced, idle or at work`() async throws {
        let renderer = Renderers.standIn()
        #expect(await error(renderer, "Invoice") == nil)
        kill(try await process(renderer), SIGKILL)
        #expect(await error(renderer, "Invoice") == nil)
        let hanging = Task { await error(renderer, "hang") }
        #expect(
            await killProcesses(of: renderer, until: hanging) == .crashed(exit: "was ended by signal 9", output: ""))
        #expect(await error(renderer, "Invoice") == nil)
    }

    @Test(arguments: ["garbage", "endless", "not a file"])
    func `nonsense instead of a reply fails the document at once`(title: String) async throws {
        let renderer = Renderers.standIn()
        guard case .invalidReply = await error(renderer, title) else {
            Issue.record("\(title) was taken for a reply")
            return
        }
        #expect(await error(renderer, "Invoice") == nil)
    }

    @Test func `what comes without being asked for is never taken for the next document's reply`() async throws {
        let renderer = Renderers.standIn()
        #expect(await error(renderer, "chatter") == nil)
        // The process has written too much before it reads the next document. That is found before this document is sent, and it is
        // the first one of a new process, or while it is drawn, and it fails.
        do throws(PDFError) {
            let bytes = try await renderer.render(.invoice()).bytes
            #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("%PDF-1-"))
        } catch {
            guard case .invalidReply = error else { throw error }
        }
        for _ in 0..<3 { #expect(await error(renderer, "Invoice") == nil) }
    }

    @Test func `a refusal is passed on and costs no process`() async throws {
        let renderer = Renderers.standIn()
        #expect(await error(renderer, "refuse") == .refused(reason: "the table is empty"))
        let first = try await process(renderer)
        #expect(await error(renderer, "Invoice") == nil)
        #expect(try await process(renderer) == first)
    }

    @Test func `a process that fills standard error does not block`() async throws {
        #expect(await error(Renderers.standIn(), "noise") == nil)
    }

    @Test func `a program that is missing, not executable or ends at once is reported`() async throws {
        for (program, reason) in [
            ("/nonexistent/arc-pdf", "No such file or directory"), ("/etc/passwd", "Permission denied"),
            ("/bin/false", "arc-pdf exited with code 1"),
        ] {
            let renderer = Renderers.standIn { $0.executable = program }
            #expect(await error(renderer, "Invoice") == .cannotStart(program: program, reason: reason))
        }
    }

    @Test func `a program that says nothing is given up`() async throws {
        let renderer = Renderers.standIn {
            $0.executable = "/bin/cat"
            $0.startTimeout = .milliseconds(300)
        }
        #expect(
            await error(renderer, "Invoice")
                == .cannotStart(program: "/bin/cat", reason: "drawing took longer than 0.3 seconds"))
        #expect(renderer.processIdentifiers.isEmpty)
    }

    @Test func `the number of waiting documents is limited, and canceled ones leave the queue`() async throws {
        let renderer = Renderers.standIn { $0.queueLimit = 2 }
        let hanging = Task { await error(renderer, "hang") }
        _ = try await process(renderer)
        let waiting = (0..<2).map { _ in Task { await error(renderer, "Invoice") } }
        try await eventually("two wait") { renderer.waitingCount == 2 }
        #expect(await error(renderer, "Invoice") == .busy)
        for task in waiting { task.cancel() }
        for task in waiting { #expect(await task.value == .cancelled) }
        #expect(renderer.waitingCount == 0)
        let last = Task { await error(renderer, "Invoice") }
        try await eventually("one waits") { renderer.waitingCount == 1 }
        renderer.shutdown()
        #expect(await last.value == .stopped)
        #expect(await killProcesses(of: renderer, until: hanging) != nil)
        #expect(await error(renderer, "Invoice") == .stopped)
    }

    @Test func `a document that hangs does not hold up the others while another process is free`() async throws {
        let renderer = Renderers.standIn { $0.processes = 2 }
        let hanging = Task { await error(renderer, "hang") }
        _ = try await process(renderer)
        for _ in 0..<5 { #expect(await error(renderer, "Invoice") == nil) }
        #expect(await killProcesses(of: renderer, until: hanging) != nil)
    }

    @Test func `a document that is too large is refused without a process`() async throws {
        let renderer = Renderers.standIn()
        let rows = Array(repeating: [String(repeating: "x", count: 1000)], count: PDFLimits.documentBytes / 1000)
        await #expect(throws: PDFError.self) { try await renderer.render(.invoice(rows: rows)) }
        #expect(renderer.processIdentifiers.isEmpty)
    }

    @Test func `an idle process ends, and a process that has drawn many documents is replaced`() async throws {
        let idle = Renderers.standIn { $0.idleTime = .seconds(1) }
        #expect(await error(idle, "Invoice") == nil)
        try await eventually("it has ended") { idle.processIdentifiers.isEmpty }
        #expect(await error(idle, "Invoice") == nil)
        let counting = Renderers.standIn { $0.documentsPerProcess = 2 }
        for count in ["1", "2", "1", "2"] {
            let bytes = try await counting.render(.invoice()).bytes
            #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("%PDF-\(count)-"))
        }
    }

    @Test func `processes end with their renderer`() async throws {
        var renderer: PDFRenderer? = Renderers.standIn()
        _ = try await renderer?.render(.invoice())
        let process = try #require(renderer?.processIdentifiers.first)
        renderer = nil
        try await eventually("it is gone") { kill(process, 0) != 0 }
    }
}
