import ArgumentParser
import AsyncHTTPClient
import JSONCoding
import LocalStack
import NIOCore
import NIOHTTP1

/// Where tenant management is, for commands that call it.
struct ManagementOptions: ParsableArguments {
    @Option(help: "URL of tenant management (default: the stack of `arc up`, or http://127.0.0.1:3005).")
    var url: String?

    func validate() throws {
        if let url, !url.hasPrefix("http://"), !url.hasPrefix("https://") {
            throw ValidationError("--url must be an http or https URL.")
        }
    }

    /// A client with the credential of the configuration, or with a token that is signed here.
    /// - Parameters:
    ///   - command: Its name, for messages.
    ///   - permissions: Of the token that is signed here.
    func client(for command: String, permissions: [String]) async throws -> ManagementClient {
        let stack = try CommandSupport.stack(for: command)
        let base = try url ?? stack?.environment.url(of: .tenantManagement) ?? "http://127.0.0.1:3005"
        let token = try await DevelopmentToken.credential(
            for: command, permissions: permissions, lifetime: .seconds(600))
        return ManagementClient(
            command: command, base: base.hasSuffix("/") ? String(base.dropLast()) : base, token: token)
    }
}

/// Calls tenant management.
struct ManagementClient: Sendable {
    let command: String
    let base: String
    let token: String

    /// Sends a request.
    /// - Returns: The body of the response; null if it is empty.
    /// - Throws: The exit status, after the reason was printed.
    func send(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body.serialized()))
        }
        let status: Int
        let answer: JSONValue
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
            status = Int(response.status.code)
            let bytes = Array(try await response.body.collect(upTo: 8 << 20).readableBytesView)
            answer = bytes.isEmpty ? .null : (try? JSONValue.parse(bytes)) ?? .null
        } catch {
            throw CommandSupport.fail("\(command): \(base) does not answer. Is tenant management running? See --url.")
        }
        guard (200..<300).contains(status) else { throw CommandSupport.fail("\(command): \(reason(status, answer))") }
        return answer
    }

    private func reason(_ status: Int, _ answer: JSONValue) -> String {
        let error = answer["error"]
        let details = (error?["details"]?.arrayValue ?? []).map { detail in
            "\(detail["path"]?.stringValue ?? "") \(detail["message"]?.stringValue ?? "")"
        }
        switch status {
        case 401: return "the credential is not accepted (401); see ARC_TOKEN and JWT_SECRET"
        case 403 where details.isEmpty: return "the credential lacks the permission for this (403)"
        case 404: return "not found (404)"
        default:
            let message = error?["message"]?.stringValue ?? "no reason given"
            return "\(base) answered \(status): " + (details.isEmpty ? message : details.joined(separator: "; "))
        }
    }
}
