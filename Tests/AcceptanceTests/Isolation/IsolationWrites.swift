import JSONCoding
import Primitives
import StackTestSupport

/// Writes that name the other tenant: in the path, in bodies, in conditions and in headers.
struct IsolationWrites: Sendable {
    let world: IsolationWorld
    let caller: IsolationWorld.Caller
    let service: IsolationWorld.Service
    let operation: APIDocument.Operation

    /// What is unique among all tenants, and documented to be: there a 409 reveals that it is taken.
    private static let globallyUnique: Set<String> = ["POST /leads email", "POST /leads/{id}/tenants key"]

    private var document: APIDocument { service.document }
    private var other: IsolationSide { world.other }

    func run() async throws {
        let body = try await base()
        // Deletions are the end of the walk.
        if caller == .admin && operation.method != "DELETE" {
            world.checkWritten(try await send(ownPath, body), operation)
        }
        if operation.hasID { try await otherInPath(body) }
        if caller.isPowerless && operation.security == "HTTPBearer" { return }
        if operation.method == "PATCH" && operation.query.contains("where") { try await otherInCondition(body) }
        if operation.method == "POST" { try await otherInIdempotencyKey(body) }
        guard caller != .viewer else { return }
        try await otherInHeader(body)
        try await otherInBody(body)
    }

    private func send(_ path: String, _ body: JSONValue?, headers: [String: String] = [:]) async throws
        -> IsolationWorld.Exchange
    {
        try await world.send(caller, service, operation.method, path, body, headers: headers)
    }

    /// The path of an own row, or of the collection; harmless for bulk changes.
    private var ownPath: String {
        let path = operation.path(with: world.ownID(caller, operation.path))
        guard operation.query.contains("where") else { return path }
        let condition: JSONValue = ["id": .string(world.ownID(caller, operation.path))]
        return "\(path)?\(condition.parameter("where"))"
    }

    // MARK: Bodies

    /// A body that is accepted.
    private func base() async throws -> JSONValue? {
        guard var body = try await rowOrSample() else { return nil }
        switch operation.name {
        // A tenant's users change no more of it.
        case "PATCH /tenants", "PATCH /tenants/{id}": body = .object(["name": body["name"] ?? "Own"])
        // A tenant's user subscribes and is not active by that; the draft is made for it.
        case "POST /subscriptions":
            body = body.replacing(["status"], with: 0)
            body.remove("invoiceId")
        // The row's own address is a lead's already.
        case "POST /leads":
            body = body.replacing(["email"], with: .string("ann@\(TestStack.uniqueKey()).example.com"))
        // The sample's end is in the past.
        case "POST /api-keys/{id}/rotate": body.remove("expiresOn")
        case "PATCH /billing-customer/{tenantId}": body.remove("id")
        case "POST /billing-invoice/{invoiceId}/payments":
            body = ["paymentMethod": "payment_source", "comment": .string(world.own.marker)]
            body = body.replacing(
                ["paymentSourceId"], with: .string(world.own.rows["/billing-payment-source"] ?? ""))
        default: break
        }
        return body
    }

    /// An own row where there is one, else a sample that refers to own rows.
    private func rowOrSample() async throws -> JSONValue? {
        guard let schema = operation.body.map(document.resolve) else { return nil }
        let sample = document.sample(schema)
        // A card is shown masked, so what was read of it cannot be sent.
        guard operation.collection != "/billing-payment-source", let own = world.own.rows[operation.collection],
            let row = try await service.client.get("\(operation.collection)/\(own)", token: world.stack.admin).json
                .objectValue, row["id"] != nil
        else { return referringToOwn(sample) }
        var body: JSONObject = [:]
        for (name, _) in schema["properties"]?.objectValue ?? [:] {
            if ValidRequests.audit.contains(name) || name == "id" { continue }
            if let value = row[name], !value.isNull { body[name] = value }
        }
        let required = (schema["required"]?.arrayValue ?? []).compactMap(\.stringValue)
        let isComplete = required.allSatisfy { body[$0] != nil }
        return isComplete && operation.path.split(separator: "/").count <= 2 ? .object(body) : referringToOwn(sample)
    }

    private static let references = [
        "customerId": "/billing-customer", "paymentSourceId": "/billing-payment-source",
        "invoiceId": "/billing-invoice",
    ]

    private func referringToOwn(_ sample: JSONValue) -> JSONValue {
        guard var body = sample.objectValue else { return sample }
        for name in body.keys {
            if ValidRequests.audit.contains(name) { body[name] = nil }
            if ["tenantId", "subscriberId", "initiatorId"].contains(name) { body[name] = .string(world.own.tenant) }
            if name == "leadId" { body[name] = .string(world.own.lead) }
            for (reference, path) in Self.references where reference == name {
                body[name] = world.own.rows[path].map { .string($0) }
            }
        }
        return .object(body)
    }

    // MARK: Probes

    private func otherInPath(_ body: JSONValue?) async throws {
        let unknown = world.unknown
        let itself = other.rows[operation.collection] ?? other.tenant
        for headers in [[:], ["if-match": "\"1\""], ["if-none-match": "*"]] {
            let baseline = try await send(operation.path(with: unknown[0]), body, headers: headers)
            for id in headers.isEmpty ? world.foreign(caller, operation) : [itself] {
                let exchange = try await send(operation.path(with: id), body, headers: headers)
                world.checkSame(exchange, [baseline], [id], unknown, isExact: false)
                if exchange.answer.status < 300 { world.add(exchange, "is accepted") }
            }
        }
    }

    /// A header may name the tenant of a request.
    private func otherInHeader(_ body: JSONValue?) async throws {
        let unknown = world.unknown
        for header in operation.headers where header == "tenantId" {
            let baseline = try await send(ownPath, body, headers: [header: unknown[0]])
            for id in [other.tenant, other.tenant.uppercased(), other.lead] {
                let exchange = try await send(ownPath, body, headers: [header: id])
                world.checkSame(exchange, [baseline], [id, id.lowercased()], unknown, isExact: false)
                if exchange.answer.status < 300 { world.add(exchange, "is accepted") }
            }
        }
    }

    /// Puts each of the other tenant's ids, and its marker, wherever a body takes one.
    private func otherInBody(_ body: JSONValue?) async throws {
        guard let schema = operation.body, let body else { return }
        let sample = document.sample(schema)
        for place in document.places(schema) where place.type == "string" {
            guard let name = place.pointer.last, place.schema["enum"] == nil else { continue }
            // A change names one thing at a time, so that nothing else is refused before it.
            var start = operation.method == "PATCH" ? JSONValue.object([:]) : body
            if let first = place.pointer.first, start[first] == nil, let value = sample[first] {
                start = start.replacing([first], with: value)
            }
            let isIdentifier = place.schema["format"] == "uuid" || name.lowercased().hasSuffix("id")
            if isIdentifier {
                // A user's own rows refer by these; the rest refers to anything.
                var kinds: Set = [other.tenant, other.lead]
                if caller == .admin { kinds.formUnion(world.foreign(caller, operation, reference: name)) }
                if place.schema["format"] != "uuid" { kinds.formUnion(other.providerIDs) }
                try await compare(place, start, kinds.sorted(), Array(world.unknown.prefix(2)))
            } else if place.schema["format"] == nil || place.schema["format"] == "email" {
                let nobody = TestStack.uniqueKey()
                let isAddress = name.lowercased().contains("email")
                func text(_ marker: String) -> String { isAddress ? "ann@\(marker).example.com" : marker }
                try await compare(place, start, [text(other.marker)], [text(nobody), text(TestStack.uniqueKey())])
            }
        }
    }

    private func compare(
        _ place: APIDocument.Place, _ body: JSONValue, _ foreign: [String], _ nobody: [String]
    ) async throws {
        func ask(_ value: String) async throws -> IsolationWorld.Exchange {
            try await send(ownPath, body.replacing(place.pointer, with: .string(value)))
        }
        // Before and after: what works once only is refused from then on.
        var baselines = [try await ask(nobody[0])]
        var exchanges: [(value: String, IsolationWorld.Exchange)] = []
        for value in foreign { exchanges.append((value, try await ask(value))) }
        baselines.append(try await ask(nobody[1]))
        for (value, exchange) in exchanges {
            let isTaken = exchange.answer.status == 409 && operation.statuses.contains(409)
            if isTaken, Self.globallyUnique.contains("\(operation.name) \(place.pointer.last ?? "")") { continue }
            world.checkSame(
                exchange, baselines, [value] + other.secrets, nobody + world.unknown, isExact: false)
        }
    }

    /// Changes of many rows: the conditions that name the other tenant's rows find none.
    private func otherInCondition(_ body: JSONValue?) async throws {
        guard let schema = operation.body else { return }
        let change = try await harmlessChange(schema, body)
        func ask(_ condition: JSONValue) async throws -> IsolationWorld.Exchange {
            try await send("\(operation.path)?\(condition.parameter("where"))", change)
        }
        let theirs = JSONValue.array(other.identifiers.map { .string($0) })
        let none = JSONValue.array(world.unknown.map { .string($0) })
        let ids = document.places(schema).filter { $0.pointer.count == 1 && $0.schema["format"] == "uuid" }
            .compactMap(\.pointer.last)
        for name in Set(ids + ["id"]) {
            for wrap in [{ $0 }, { ["or": [$0, ["deleted": true]]] }, { ["and": [$0]] }]
                as [@Sendable (JSONValue) -> JSONValue]
            {
                let exchange = try await ask(wrap(.object([name: ["inq": theirs]])))
                let baseline = try await ask(wrap(.object([name: ["inq": none]])))
                world.checkSame(exchange, [baseline], other.identifiers, world.unknown, isExact: true)
            }
        }
        let own = JSONValue.string(world.ownID(caller, operation.path))
        for condition: JSONValue in [
            [:], ["id": ["neq": own]], ["or": [["id": ["neq": .null]], [:]]], ["id": ["nin": []]],
            ["or": [["deleted": true], ["deleted": false]]],
        ] { _ = try await ask(condition) }
    }

    /// One member that stays as it is, where the caller may change it.
    private func harmlessChange(_ schema: JSONValue, _ body: JSONValue?) async throws -> JSONValue {
        let names = ["name", "lastName", "configKey", "invoiceFile", "status", "description"]
        guard let object = body?.objectValue, let name = names.first(where: { object[$0] != nil }) else {
            return document.sample(schema)
        }
        return .object([name: object[name] ?? .null])
    }

    /// A key under which the other tenant's request is remembered is a new one for everybody else.
    private func otherInIdempotencyKey(_ body: JSONValue?) async throws {
        // What works once would differ by that.
        guard operation.path.split(separator: "/").count == 1 else { return }
        // Strangers behind one address share their keys.
        guard operation.security != nil else { return }
        let fresh = try await send(ownPath, body, headers: ["idempotency-key": TestStack.uniqueKey()])
        let again = try await send(ownPath, body, headers: ["idempotency-key": TestStack.uniqueKey()])
        let key = "\(other.marker)-\(operation.collection.dropFirst())"
        let exchange = try await send(ownPath, body, headers: ["idempotency-key": key])
        world.checkSame(exchange, [fresh, again], [key], [], isExact: false)
    }
}
