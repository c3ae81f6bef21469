import Foundation
import Logging
import PDFDocuments
import StackTestSupport
import TestSupport
import Testing

/// What the real program may do, as the kernel sees it.
@Suite struct ConfinementTests {
    private func read(_ name: String, of process: Int32) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: "/proc/\(process)/\(name)")), as: UTF8.self)
    }

    @Test func `the program gets no variable of the service, only what fontconfig needs`() async throws {
        let renderer = try Renderers.real(["JWT_SECRET": "secret", "FONTCONFIG_PATH": "/etc/fonts"])
        _ = try await renderer.render(.invoice())
        let variables = try read("environ", of: try #require(renderer.processIdentifiers.first)).split(separator: "\0")
        #expect(Set(variables) == ["FONTCONFIG_PATH=/etc/fonts", "G_MESSAGES_DEBUG=", "LC_ALL=C.UTF-8"])
    }

    @Test func `memory, time and files are limited, and there is no way to privileges`() async throws {
        let renderer = try Renderers.real()
        _ = try await renderer.render(.invoice())
        let process = try #require(renderer.processIdentifiers.first)
        let limits = try read("limits", of: process).split(separator: "\n").map { line in
            line.split(separator: " ").joined(separator: " ")
        }
        for limit in [
            "Max address space 1073741824 1073741824 bytes", "Max core file size 0 0 bytes", "Max file size 0 0 bytes",
            "Max open files 64 64 files",
        ] {
            #expect(limits.contains(limit), "\(limit) in \(limits)")
        }
        let processor = try #require(limits.first { $0.hasPrefix("Max cpu time") }).split(separator: " ")
        #expect(try #require(Int(processor[3])) <= 12, "of one document")
        #expect(try read("status", of: process).contains("NoNewPrivs:\t1"))
    }

    @Test func `the services do not load the layout engine`() async throws {
        let libraries = try await TestCommand.run(["ldd", try ArcCommand.executable()])
        for name in ["pango", "cairo", "fontconfig", "freetype", "harfbuzz"] { #expect(!libraries.contains(name)) }
    }
}
