import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// A client that repeats its requests with their keys until it has an answer gets what it asked for once.
extension CrashTests {
    /// A request to create a tenant. It names no key of the tenant, so that nothing but the idempotency key keeps a
    /// repetition from making a second one.
    private struct KeyedRequest: Sendable {
        let name = TestStack.uniqueKey()

        private var body: JSONObject {
            var body = TestStack.tenantBody(key: name)
            body["key"] = nil
            return body
        }

        /// What is compared of the responses.
        enum Answer: Sendable, Equatable {
            case created(id: String, isReplayed: Bool)
            case busy
            case other(String)
        }

        /// Sends it once.
        /// - Throws: when there is no answer.
        func send(_ client: TestHTTPClient, token: String) async throws -> Answer {
            let answer = try await client.send(
                "POST", "/tenants", .object(body), token: token, headers: ["idempotency-key": "key-\(name)"])
            if answer.status == 201, let id = answer.json["id"]?.stringValue {
                return .created(id: id, isReplayed: answer.headers["idempotency-replayed"] == "true")
            }
            if answer.status == 409, answer.errorCode == "IDEMPOTENCY_IN_PROGRESS" { return .busy }
            return .other("\(answer.status) \(answer.text.prefix(200))")
        }

        /// How it ended.
        struct Outcome: Sendable {
            let name: String
            let id: String
            let isReplayed: Bool
        }

        /// Sends it until it has been carried out.
        /// - Parameter onBusy: Called when another request with the key is at work.
        /// - Throws: when anything else is answered.
        func repeatUntilCreated(
            _ client: TestHTTPClient, token: String, onBusy: @Sendable () -> Void
        ) async throws -> Outcome {
            return try await eventually("\(name) is created", every: .milliseconds(200)) {
                switch try await send(client, token: token) {
                case .created(let id, let isReplayed):
                    return Outcome(name: name, id: id, isReplayed: isReplayed)
                case .busy:
                    onBusy()
                    return nil
                case .other(let text): throw TestFailure("\(name): \(text)")
                }
            }
        }
    }

    /// A request on its way to a node.
    private struct Turn: Sendable {
        let request: KeyedRequest
        let client: TestHTTPClient
    }

    /// Sends requests until each has been carried out, many at once.
    private func carryOut(
        _ turns: [Turn], token: String, onBusy: @escaping @Sendable () -> Void = {}
    ) async throws -> [KeyedRequest.Outcome] {
        let results = await concurrently(turns.count, width: 32) { turn -> Result<KeyedRequest.Outcome, any Error> in
            do {
                let turn = turns[turn]
                return .success(try await turn.request.repeatUntilCreated(turn.client, token: token, onBusy: onBusy))
            } catch {
                return .failure(error)
            }
        }
        return try results.map { try $0.get() }
    }

    /// The ids of all tenants by name.
    private func stored(_ stack: ProcessStack) async throws -> [String: [String]] {
        let rows = try await stack.data.database(.tenantManagement).query("SELECT name, id::text FROM main.tenants")
            .rows
        return try rows.reduce(into: [:]) { $0[try $1.text(0), default: []].append(try $1.text(1)) }
    }

    /// Each request has made one tenant, with the id that was answered, and each tenant was provisioned once.
    private func expectOnce(_ requests: [KeyedRequest], _ ids: [String: Set<String>], _ stack: ProcessStack)
        async throws
    {
        try await stack.waitUntilAllAreActive()
        let stored = try await stored(stack)
        #expect(stored.count == requests.count)
        for request in requests {
            let tenants = stored["Tenant \(request.name)"] ?? []
            #expect(tenants.count == 1 && ids[request.name] == Set(tenants), "\(request.name)")
        }
        let tenants = try await stack.tenants()
        #expect(stack.executions() == tenants.mapValues { _ in 1 }, "exactly one provisioning each")
        let database = try stack.data.database(.tenantManagement)
        #expect(try await database.count("SELECT count(*) FROM main.contacts") == requests.count)
        #expect(
            try await database.count(
                "SELECT count(*) FROM main.idempotency_keys WHERE status = 201 AND applied_on IS NOT NULL")
                == requests.count)
        let bus = try stack.data.database(.messageBus)
        #expect(
            try await bus.count("SELECT count(*) FROM main.messages WHERE type = 'TENANT_PROVISIONING'")
                == requests.count)
    }

    @Test func `requests that are repeated after a kill have one effect each`() async throws {
        try await ProcessStack.run { stack in
            let settings = TableGate.patience.merging(["IDEMPOTENCY_CLAIM_SECONDS": "3"]) { $1 }
            let service = try await stack.start(.tenantManagement, settings)
            _ = try await stack.start(.orchestrator)
            let client = service.client
            let admin = stack.admin
            let database = try stack.data.database(.tenantManagement)
            let requests = (0..<100).map { _ in KeyedRequest() }
            let ids = Mutexed<[String: Set<String>]>([:])
            let others = Mutexed<[KeyedRequest.Answer]>([])
            let send = { @Sendable (request: KeyedRequest) async in
                // Who gets no answer waits for nothing: the repetition comes later.
                guard let answer = try? await request.send(client, token: admin) else { return }
                guard case .created(let id, false) = answer else {
                    others.withLock { $0.append(answer) }
                    return
                }
                ids.withLock { $0[request.name] = [id] }
            }
            _ = await concurrently(30, width: 16) { index in await send(requests[index]) }
            // So that nothing but requests waits for the table, which is what is killed.
            try await stack.waitUntilAllAreActive()
            try await TableGate.kill(service, database) {
                _ = await concurrently(70, width: 40) { index in await send(requests[30 + index]) }
            }
            #expect(others.withLock { $0 } == [])
            let answered = ids.withLock { $0 }
            #expect(answered.count == 30, "the process was killed in the middle")
            // What the process has left behind: effects without answers, and claims without effects.
            for (state, condition) in [
                ("answers", "status IS NOT NULL"), ("effects", "status IS NULL AND applied_on IS NOT NULL"),
                ("claims", "status IS NULL AND applied_on IS NULL"),
            ] {
                let count = try await database.count("SELECT count(*) FROM main.idempotency_keys WHERE \(condition)")
                #expect(count > 0, "\(state)")
            }

            try await service.start()
            for outcome in try await carryOut(requests.map { Turn(request: $0, client: client) }, token: admin) {
                ids.withLock { _ = $0[outcome.name, default: []].insert(outcome.id) }
                if answered[outcome.name] != nil { #expect(outcome.isReplayed, "\(outcome.name)") }
            }
            try await expectOnce(requests, ids.withLock { $0 }, stack)
        }
    }

    @Test func `two nodes that receive the same keys carry the requests out once`() async throws {
        try await ProcessStack.run { stack in
            var nodes: [ArcProcess] = []
            for _ in 0..<2 { nodes.append(try await stack.start(.tenantManagement, TableGate.patience)) }
            _ = try await stack.start(.orchestrator)
            let clients = nodes.map(\.client)
            let admin = stack.admin
            let requests = (0..<50).map { _ in KeyedRequest() }
            // Each request four times in a row, so that the four are on their way at once, two at each node.
            let turns = (0..<4 * requests.count).map { Turn(request: requests[$0 / 4], client: clients[$0 % 2]) }
            let database = try stack.data.database(.tenantManagement)
            // While the first of each four waits for the table, the others find it at work.
            let isBusy = Mutexed(false)
            let carriedOut = Task { try await carryOut(turns, token: admin) { isBusy.withLock { $0 = true } } }
            try await TableGate.closed(database) {
                try await TableGate.waitForInserts(1, database)
                try await eventually("a repetition meets the original") { isBusy.withLock { $0 } }
            }
            let outcomes = Dictionary(grouping: try await carriedOut.value, by: \.name)
            for (name, outcomes) in outcomes {
                #expect(outcomes.count { !$0.isReplayed } == 1, "\(name): the others get the answer of the first")
            }
            let ids = outcomes.mapValues { Set($0.map(\.id)) }
            try await expectOnce(requests, ids, stack)
        }
    }
}
