import JSONCoding
import StackTestSupport

/// A client that believes the document: whatever comes back must be a status that the operation names, with a body of
/// the schema that it declares.
struct DocumentedClient: Sendable {
    let client: TestHTTPClient
    let document: APIDocument
    let problems: Problems

    func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil, token: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> TestResponse {
        check(try await client.send(method, path, body, token: token, headers: headers), method, path)
    }

    func send(
        _ method: String, _ path: String, bytes: [UInt8]?, token: String? = nil, headers: [String: String] = [:]
    ) async throws -> TestResponse {
        check(try await client.send(method, path, bytes: bytes, token: token, headers: headers), method, path)
    }

    func get(_ path: String, token: String? = nil) async throws -> TestResponse {
        try await send("GET", path, token: token)
    }

    private func check(_ answer: TestResponse, _ method: String, _ path: String) -> TestResponse {
        guard let operation = document.operation(method, path) else { return answer }
        for problem in document.problems(answer, of: operation) {
            problems.add(
                "\(operation.name) \(answer.status) against its document: \(problem): \(answer.text.prefix(200))",
                kind: "document \(operation.name)")
        }
        return answer
    }
}

extension APIDocument {
    /// The operation that answers a request: literal segments win over parameters.
    func operation(_ method: String, _ target: String) -> Operation? {
        let path = target.prefix { $0 != "?" }.split(separator: "/", omittingEmptySubsequences: false)
        let fitting = operations.filter { operation in
            guard operation.method == method else { return false }
            let template = operation.path.split(separator: "/", omittingEmptySubsequences: false)
            return template.count == path.count && zip(template, path).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }
        return fitting.min { $0.path.count { $0 == "{" } < $1.path.count { $0 == "{" } }
    }

    /// What is not as the document says.
    func problems(_ answer: TestResponse, of operation: Operation) -> [String] {
        guard let response = operation.responses["\(answer.status)"] else { return ["the status is not documented"] }
        let type = (answer.headers["content-type"] ?? "").prefix { $0 != ";" }
        guard let content = response["content"]?.objectValue, !content.isEmpty else {
            return answer.bytes.isEmpty ? [] : ["a body is not documented"]
        }
        guard let media = content[String(type)] else { return ["\(type) is not documented"] }
        guard type.hasSuffix("json"), let schema = media["schema"] else { return [] }
        return JSONSchema(components: schemas).problems(answer.json, schema)
    }
}
