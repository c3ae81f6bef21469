import DNSClient
import Foundation
import NIOCore
import TestSupport
import Testing

/// Lookups at a name server that somebody else has written: dnsmasq.
@Suite struct RealNameServerTests {
    private static func with(_ options: [String], _ body: (DNSResolver) async throws -> Void) async throws {
        let log = TestCommand.temporaryFile("dnsmasq.log")
        defer { try? FileManager.default.removeItem(at: log) }
        let port = try TestCommand.freePort()
        let resolver = DNSResolver(
            configuration: DNSConfiguration(
                servers: [try SocketAddress(ipAddress: "127.0.0.1", port: port)], timeout: .seconds(30)))
        let ready = try #require(DNSName("ready.example"))
        let arguments =
            [
                "/usr/sbin/dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                "--port=\(port)", "--listen-address=127.0.0.1", "--bind-interfaces", "--log-facility=-", "--pid-file=",
                "--user=", "--group=", "--txt-record=ready.example,yes",
            ] + options
        let process = try await ServerStart.run("dnsmasq", log: log) {
            TestProcess(arguments, output: log)
        } isReady: {
            (try? await resolver.texts(of: ready)) == ["yes"]
        }
        try await withCleanup {
            try await body(resolver)
        } cleanup: {
            process.kill()
            try await eventually("dnsmasq has ended") { !process.isRunning }
        }
    }

    @Test func `records, aliases, long answers and missing names are read`() async throws {
        let long = (0..<12).map { "--txt-record=long.example,\($0)-\(String(repeating: "x", count: 200))" }
        let options =
            [
                "--txt-record=_arc-verification.acme.example,arc-verification=1",
                "--txt-record=_arc-verification.acme.example,first,second",
                "--cname=alias.example,_arc-verification.acme.example", "--local=/example/",
            ] + long
        try await Self.with(options) { resolver in
            for name in ["_arc-verification.acme.example", "_ARC-verification.ACME.example."] {
                let texts = try await Self.texts(name, resolver)
                #expect(texts == ["arc-verification=1", "firstsecond"])
            }
            let missing = try await Self.texts("missing.example", resolver)
            #expect(missing == [])
            // More than 512 bytes, so over TCP.
            let long = try await Self.texts("long.example", resolver)
            #expect(long.count == 12)
            // dnsmasq has no servers to ask about other names.
            await #expect(throws: DNSError.refused(code: 5)) { try await Self.texts("elsewhere.test", resolver) }
        }
    }

    private static func texts(_ name: String, _ resolver: DNSResolver) async throws -> [String] {
        try await resolver.texts(of: try #require(DNSName(name))).sorted()
    }
}
