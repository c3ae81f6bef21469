import Foundation
import JSONCoding
import NIOHTTP1
import Primitives
import StackTestSupport
import Synchronization
import Testing

/// Chargebee as its documentation has it: strict about authentication, keys, encoding and members, it answers in Chargebee's shapes, and
/// fails as it is told to. What it finds wrong with a request it also remembers.
final class ChargebeeStandIn: Sendable {
    static let key = "test_key_of_a_test"
    static let user = "chargebee"
    static let password = "a password of a test"

    /// What happens to a request.
    enum Fault: Sendable {
        /// It is answered by this, and nothing is done.
        case answer(Int, JSONObject)
        /// It is done, and the connection is closed without an answer.
        case lost
        /// It is done, and the answer is an error of Chargebee's own.
        case broken
    }

    typealias Answer = ScriptedServer.Answer
    typealias Meanwhile = @Sendable () async throws -> Void

    struct State {
        var site = ChargebeeSite()
        var answers: [String: (request: String, answer: Answer)] = [:]
        /// What happens to the next requests whose path ends so.
        var faults: [(end: String, fault: Fault)] = []
        /// What happens to all changes, until it is taken back.
        var always: Fault?
        /// Happens after a request whose path ends so was done, and before it is answered.
        var meanwhile: (ends: [String], body: Meanwhile)?
        var wrong: [String] = []
        var keys: [String] = []
    }

    let state = Mutex(State())

    /// Runs one for the length of the body. No request may have been wrong.
    static func run(_ body: (_ chargebee: ChargebeeStandIn, _ url: String) async throws -> Void) async throws {
        let chargebee = ChargebeeStandIn()
        try await ScriptedServer.run({ request, _ in await chargebee.answer(to: request) }) { _, url in
            try await body(chargebee, url)
        }
        #expect(chargebee.state.withLock { $0.wrong } == [])
    }

    static func environment(_ url: String) -> [String: String] {
        [
            "TEST_CLOCKS": "true", "ARC_ENV": "test", "BILLING_PROVIDER": "chargebee", "CHARGEBEE_API_BASE": url,
            "CHARGEBEE_SITE": "acme-test", "CHARGEBEE_API_KEY": key, "CHARGEBEE_WEBHOOK_USERNAME": user,
            "CHARGEBEE_WEBHOOK_PASSWORD": password,
        ]
    }

    /// The next request whose path ends so fails.
    func fail(_ end: String, _ fault: Fault) { state.withLock { $0.faults.append((end, fault)) } }

    /// Half an hour passes.
    func forgetKeys() { state.withLock { $0.answers = [:] } }

    /// All events, in the order in which they happened.
    var events: [JSONValue] { state.withLock { $0.site.events } }

    private func answer(to request: ScriptedServer.Request) async -> Answer {
        let path = String(request.uri.split(separator: "?")[0])
        let answer = state.withLock { Self.answer(request, path, &$0) }
        let meanwhile = state.withLock { state in
            state.meanwhile.flatMap { ends, body in
                request.method == .POST && ends.contains { path.hasSuffix($0) } ? body : nil
            }
        }
        try? await meanwhile?()
        return answer
    }

    private static func answer(
        _ request: ScriptedServer.Request, _ path: String, _ state: inout State
    ) -> Answer {
        let base = "/api/v2/"
        guard path.hasPrefix(base) else { return wrong("the path \(path)", &state) }
        let credentials = "Basic \(Data("\(key):".utf8).base64EncodedString())"
        guard request.headers["authorization"] == [credentials] else {
            state.wrong.append("the credentials")
            return error(401, "invalid_request", "api_authentication_failed")
        }
        var fault = request.method == .POST ? state.always : nil
        if let index = state.faults.firstIndex(where: { path.hasSuffix($0.end) }) {
            fault = state.faults.remove(at: index).fault
        }
        if case .answer(let status, let body) = fault { return Answer(status, json(.object(body))) }
        let name = String(path.dropFirst(base.count))
        let answer =
            request.method == .GET
            ? get(name, request, &state)
            : request.method == .POST ? post(name, request, &state) : wrong("the method", &state)
        switch fault {
        case .lost:
            var lost = answer
            lost.isLost = true
            return lost
        case .broken: return error(500, "operation_failed", "internal_error")
        default: return answer
        }
    }

    private static func get(_ name: String, _ request: ScriptedServer.Request, _ state: inout State) -> Answer {
        let query = request.uri.split(separator: "?").dropFirst().joined(separator: "?")
        guard request.body.isEmpty, let form = ChargebeeForm(query) else { return wrong("the query \(query)", &state) }
        return response(state.site.get(name.split(separator: "/").map { PercentEncoding.decode($0) ?? "" }, form))
    }

    private static func post(_ name: String, _ request: ScriptedServer.Request, _ state: inout State) -> Answer {
        guard request.headers["content-type"] == ["application/x-www-form-urlencoded"] else {
            return wrong("the content type of \(name)", &state)
        }
        let header = request.headers["chargebee-idempotency-key"]
        guard let idempotencyKey = header.first, header.count == 1, (1...100).contains(idempotencyKey.utf8.count) else {
            return wrong("the key of \(name)", &state)
        }
        state.keys.append(idempotencyKey)
        let asked = "\(name)\n\(request.body)"
        if let known = state.answers[idempotencyKey] {
            guard known.request == asked else { return error(422, "invalid_request", "unable_to_process_request") }
            var answer = known.answer
            answer.headers.append(("chargebee-idempotency-replayed", "true"))
            return answer
        }
        let parts = name.split(separator: "/").map { PercentEncoding.decode($0) ?? "" }
        guard let form = ChargebeeForm(request.body) else { return wrong("the form \(request.body)", &state) }
        guard let members = ChargebeeMembers.all[operation(parts)] else { return wrong("POST \(name)", &state) }
        if let fault = members.fault(in: form) {
            if members.optional[fault] == nil { state.wrong.append("\(fault) of \(name)") }
            return error(400, "invalid_request", "param_wrong_value", fault)
        }
        let answer = response(state.site.post(parts, form))
        state.answers[idempotencyKey] = (asked, answer)
        return answer
    }

    /// The path with `*` in place of an id.
    private static func operation(_ parts: [String]) -> String {
        guard parts.count > 1, !parts[1].hasPrefix("create_") else { return parts.joined(separator: "/") }
        return ([parts[0], "*"] + parts.dropFirst(2)).joined(separator: "/")
    }

    private static func response(_ result: Result<JSONObject, ChargebeeSite.Refusal>) -> Answer {
        switch result {
        case .success(let body): return Answer(200, json(.object(body)))
        case .failure(let refusal): return Answer(refusal.status, json(.object(refusal.body)))
        }
    }

    private static func wrong(_ what: String, _ state: inout State) -> Answer {
        state.wrong.append(what)
        return error(400, "invalid_request", "param_wrong_value")
    }

    private static func error(_ status: Int, _ type: String, _ code: String, _ parameter: String? = nil) -> Answer {
        Answer(status, json(.object(ChargebeeSite.Refusal(status, type, code, parameter).body)))
    }

    private static func json(_ value: JSONValue) -> String { String(decoding: value.serialized(), as: UTF8.self) }
}
