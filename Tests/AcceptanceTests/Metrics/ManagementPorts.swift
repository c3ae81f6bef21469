import Foundation
import Logging
import StackTestSupport
import TestSupport

/// The management ports of a stack, as its services log them.
struct ManagementPorts: Sendable {
    private let log = RecordedLog(.info)

    /// For the stack.
    var logger: Logger { log.logger }

    /// The ports of the nodes of a service, in the order in which they were opened.
    func all(_ kind: TestStack.ServiceKind) -> [Int] {
        log.lines.filter { $0.hasPrefix("info: metrics are served") && $0.contains(": \(kind.rawValue)") }.compactMap {
            line in
            line.firstMatch(of: /"port": ([0-9]+)/).flatMap { Int($0.1) }
        }
    }

    /// A client for the management port of the newest node of a service.
    func client(_ kind: TestStack.ServiceKind) async throws -> TestHTTPClient {
        TestHTTPClient(port: try await eventually("the management port is open") { all(kind).last })
    }

    /// Scrapes the newest node of a service.
    func scrape(_ kind: TestStack.ServiceKind) async throws -> Scrape {
        Scrape(try await client(kind).get("/metrics").expect(200).text)
    }
}
