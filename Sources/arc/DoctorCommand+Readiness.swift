import AsyncHTTPClient
import Configuration
import ConfigurationChecks
import JSONCoding
import LocalStack
import Logging
import NIOHTTP1
import ServiceKit

/// What a running service says of its own dependencies, `GET /health/ready`, with advice for each of those that are not up. The
/// health checks of all features are among them.
struct Readiness: Sendable {
    private let examination: Examination
    private static let advice = "Start the service, or check its log for the reason why it does not respond."

    init(_ examination: Examination) { self.examination = examination }

    func findings(timeout: Duration) async -> [Finding] {
        let answer = await Patience.run(atMost: timeout) { () async -> Result<JSONValue, any Error> in
            do { return .success(try await ask()) } catch { return .failure(error) }
        }
        switch answer {
        case .success(let body): return await findings(body)
        case .failure(let error): return [failed("\(error)")]
        case nil: return [failed("there was no answer within \(timeout.components.seconds) s")]
        }
    }

    private func failed(_ message: String) -> Finding {
        Finding(name: "HTTP", state: .failed, message: message, advice: Self.advice)
    }

    private func ask() async throws -> JSONValue {
        let configuration = try ServiceConfiguration(reader: try examination.reader(), defaultPort: 0)
        let authority = LoopbackClient.authority(
            host: LoopbackClient.reachable(configuration.host), port: UInt16(clamping: configuration.port))
        let url = "http://\(authority)/health/ready"
        let answer = try await DemoClient(client: .shared).answer(.GET, url)
        guard [200, 503].contains(answer.status), answer.body["status"] != nil else {
            throw CommandFailure(description: "GET \(url) answered \(answer.status)")
        }
        return answer.body
    }

    private func findings(_ body: JSONValue) async -> [Finding] {
        let status = body["status"]?.stringValue ?? "unknown"
        let whole =
            status == "unavailable"
            ? failed("unavailable: the service does not serve requests") : Finding.ok("HTTP", status)
        let known = await healthChecks()
        let limited = (body["checks"]?.objectValue ?? [:]).compactMap { name, value -> Finding? in
            guard let state = value.stringValue, state != "up" else { return nil }
            let check = known[name]
            let isFailed = state == "down" && check?.isRequired ?? false
            let advice = check?.advice ?? ""
            return Finding(
                name: "health of \(name)", state: isFailed ? .failed : .limited, message: state,
                advice: advice.isEmpty ? "See docs/operations.md, and the log of the service." : advice)
        }
        return [whole] + limited
    }

    /// The checks of the service by their names.
    private func healthChecks() async -> [String: HealthCheck] {
        guard let reader = try? examination.reader(),
            let service = try? await examination.service.make(reader: reader, logger: examination.logger)
        else { return [:] }
        return Dictionary(service.healthChecks.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    }
}
