import JSONCoding
import Primitives
import StackTestSupport

/// Reads of everything in every way that reaches for the other tenant.
struct IsolationReads: Sendable {
    let world: IsolationWorld
    let caller: IsolationWorld.Caller
    let service: IsolationWorld.Service
    let operation: APIDocument.Operation

    private var document: APIDocument { service.document }
    private var other: IsolationSide { world.other }

    /// The admin asks in every way. Others differ by what they may do, not by how they ask: for them it is
    /// less, for those without a token as good as nothing.
    func run() async throws {
        // It leads to the identity provider, where the client would go on.
        guard operation.path != "/auth/login" else { return }
        if operation.security == nil {
            // Everybody gets the same; it says nothing of anybody.
            _ = try await get(operation.path(with: other.tenant))
        } else if operation.hasID {
            try await ofOneRow()
        } else {
            try await ofManyRows()
        }
    }

    private func get(_ path: String, _ query: String = "", headers: [String: String] = [:]) async throws
        -> IsolationWorld.Exchange
    {
        // The count is shown to those who ask for it.
        let counted = operation.headers.contains("Prefer") ? ["Prefer": "count=exact"] : [:]
        return try await world.send(
            caller, service, "GET", query.isEmpty ? path : "\(path)?\(query)",
            headers: counted.merging(headers) { $1 })
    }

    // MARK: One row

    private func ofOneRow() async throws {
        let unknown = world.unknown
        func compare(_ ids: [String], _ query: String, _ headers: [String: String] = [:]) async throws {
            let baseline = try await get(operation.path(with: unknown[0]), query, headers: headers)
            for id in ids {
                let exchange = try await get(operation.path(with: id), query, headers: headers)
                world.checkSame(exchange, [baseline], [id], unknown, isExact: true)
            }
        }
        let foreign = world.foreign(caller, operation)
        let itself = [other.rows[operation.collection] ?? other.tenant]
        try await compare(foreign, "")
        guard !caller.isPowerless else { return }
        try await compare(itself, "", ["if-none-match": "*", "if-match": "\"1\""])
        try await ofOwnRow()
        guard operation.query.contains("filter") else { return }
        for inclusion in document.inclusions(operation, depth: 2) {
            let query = JSONValue.object(["include": [inclusion]]).parameter()
            try await compare(itself, query)
            try await ofOwnRow(query)
        }
    }

    /// The own row, which the tenant's users must be shown: a read that shows nobody anything proves nothing.
    private func ofOwnRow(_ query: String = "") async throws {
        let exchange = try await get(operation.path(with: world.ownID(caller, operation.path)), query)
        guard caller != .lead, operation.isRead else { return }
        if IsolationWorld.operatorReads.contains(operation.name) {
            if exchange.answer.status != 403 { world.add(exchange, "is shown to others than operators") }
            return
        }
        world.checkShown(exchange, operation, world.own)
    }

    // MARK: Lists and counts

    private func ofManyRows() async throws {
        let all = try await get(operation.address(with: ""))
        if IsolationWorld.operatorReads.contains(operation.name) {
            if (200..<300).contains(all.answer.status) { world.add(all, "is shown to others than operators") }
            return
        }
        if caller == .admin, operation.headers.contains("Prefer"), all.answer.headers["x-total-count"] == nil {
            world.add(all, "does not tell how many rows there are")
        }
        guard !caller.isPowerless else { return }
        if operation.headers.contains("days") {
            _ = try await get(operation.path, "days=36500", headers: ["days": "36500"])
        }
        if operation.query.contains("filter") {
            for filter in filters { _ = try await get(operation.path, filter.parameter()) }
            for inclusion in document.inclusions(operation, depth: 3) + hostileInclusions {
                _ = try await get(operation.path, JSONValue.object(["include": [inclusion]]).parameter())
                guard caller == .admin else { continue }
                _ = try await get(
                    operation.path,
                    JSONValue.object(["include": [inclusion], "fields": ["id": true]]).parameter())
            }
        }
        if caller != .viewer { try await byConditions() }
        try await byParameters()
    }

    /// Lists that show all there is.
    private var filters: [JSONValue] {
        var filters: [JSONValue] = [
            ["limit": 1000], ["where": ["deleted": true]], ["where": ["or": [["deleted": true], ["deleted": false]]]],
            ["where": ["or": [["id": ["neq": .null]], [:]]]], ["where": ["id": ["nin": []]]],
            ["where": ["id": ["neq": .string(world.ownID(caller, operation.path))]]], ["where": [:], "skip": 0],
        ]
        for (name, _) in document.itemProperties(operation) where caller == .admin {
            filters.append(["order": [.string("\(name) DESC")], "limit": 1])
            filters.append(["fields": .object([name: true])])
        }
        return filters
    }

    /// Relations whose scope asks for more than they have.
    private var hostileInclusions: [JSONValue] {
        let ids = JSONValue.array(other.identifiers.map { .string($0) })
        let scopes: [JSONValue] = [
            ["where": ["or": [["id": ["inq": ids]], ["id": ["neq": .null]]]]],
            ["where": ["or": [["deleted": true], ["deleted": false]]]], ["where": [:], "limit": 1000, "skip": 0],
            ["fields": ["id": true]],
        ]
        return document.relations(operation).flatMap { relation in
            scopes.map { ["relation": .string(relation), "scope": $0] }
        }
    }

    /// Asks for the other tenant by each property: the answer is the one about nobody, in lists and in counts.
    private func byConditions() async throws {
        let isCount = operation.path.hasSuffix("/count")
        guard isCount ? operation.query.contains("where") : operation.query.contains("filter") else { return }
        let foreign = other.secrets
        let nobody = TestStack.uniqueKey()
        let own = JSONValue.string(world.ownID(caller, operation.path))
        func ask(_ condition: JSONValue) async throws -> IsolationWorld.Exchange {
            let query = isCount ? condition.parameter("where") : JSONValue.object(["where": condition]).parameter()
            return try await get(operation.path, query)
        }
        let wraps: [@Sendable (JSONValue) -> JSONValue] =
            caller == .admin
            ? [{ $0 }, { ["or": [$0, ["id": own]]] }, { ["and": [["or": [$0, ["deleted": true]]]]] }] : [{ $0 }]
        for (name, schema) in document.itemProperties(operation) where document.type(schema) == "string" {
            let format = schema["format"]?.stringValue ?? ""
            guard !name.hasSuffix("By"), !format.hasPrefix("date") else { continue }
            let pairs: [(JSONValue, JSONValue)]
            if format == "uuid" || name.lowercased().hasSuffix("id") {
                let theirs = JSONValue.array(other.identifiers.map { .string($0) })
                let none = JSONValue.array(world.unknown.map { .string($0) })
                pairs =
                    [(["inq": theirs], ["inq": none]), (.string(other.tenant), .string(world.unknown[0]))]
                    + (format == "uuid" ? [] : other.providerIDs.map { (.string($0), .string(nobody)) })
            } else {
                func forms(_ text: String) -> [JSONValue] {
                    [["like": .string("%\(text)%")], .string(text), ["regexp": .string("/\(text)/i")]]
                }
                pairs = Array(zip(forms(other.marker), forms(nobody)))
                _ = try await ask(.object([name: ["gte": .string(other.marker)]]))
            }
            for (index, (theirs, none)) in pairs.enumerated() {
                for wrap in index == 0 ? wraps : [{ $0 }] {
                    let exchange = try await ask(wrap(.object([name: theirs])))
                    let baseline = try await ask(wrap(.object([name: none])))
                    world.checkSame(exchange, [baseline], foreign, [nobody] + world.unknown, isExact: true)
                }
            }
        }
        for trick: JSONValue in [
            ["tenant.key": .string(other.marker)], ["contacts": ["email": .string(other.marker)]],
            ["tenant_id": .string(other.tenant)],
        ] { _ = try await ask(trick) }
    }

    /// Named parameters of the operation's own, such as `tenantId` or `customerId`.
    private func byParameters() async throws {
        let samples = world.foreign(caller, operation) + [other.marker]
        let names = Set(operation.query).subtracting(["filter", "where", "days"])
        for name in names {
            let baseline = try await get(operation.path, "\(name)=\(world.unknown[0])")
            // What is no identifier is compared with another such text: a parameter may have to be one.
            let text = TestStack.uniqueKey()
            let baselineOfTexts = try await get(operation.path, "\(name)=\(text)")
            for value in samples {
                let exchange = try await get(operation.path, "\(name)=\(value)")
                if Identifier(value) == nil {
                    world.checkSame(exchange, [baselineOfTexts], [value], [text], isExact: true)
                } else {
                    world.checkSame(exchange, [baseline], [value], world.unknown, isExact: true)
                }
            }
        }
        for header in operation.headers where header != "days" {
            let baseline = try await get(operation.path, headers: [header: world.unknown[0]])
            for value in samples {
                let exchange = try await get(operation.path, headers: [header: value])
                world.checkSame(exchange, [baseline], [value], world.unknown, isExact: true)
            }
        }
    }
}

extension APIDocument.Operation {
    /// The first segment of the path: `/contacts`.
    var collection: String { "/" + (path.split(separator: "/").first.map(String.init) ?? "") }
}

extension APIDocument {
    /// The schema of a row that an operation answers: an element of a list; for counts, of the list that is counted.
    private func item(_ operation: Operation) -> JSONValue {
        let path = operation.path.hasSuffix("/count") ? String(operation.path.dropLast(6)) : operation.path
        let list = operations.first { $0.method == "GET" && $0.path == path }
        let schema = resolve((list ?? operation).success ?? .null)
        return schema["items"].map(resolve) ?? schema
    }

    /// The properties of a row that are no relations.
    func itemProperties(_ operation: Operation) -> [(name: String, schema: JSONValue)] {
        (item(operation)["properties"]?.objectValue ?? [:]).filter { target($0.value) == nil }
            .map { ($0.key, resolve($0.value)) }
    }

    /// The names of a row's relations.
    func relations(_ operation: Operation) -> [String] {
        (item(operation)["properties"]?.objectValue ?? [:]).filter { target($0.value) != nil }.map(\.key)
    }

    /// All paths of relations from a row, up to a depth, as `include` has them.
    func inclusions(_ operation: Operation, depth: Int) -> [JSONValue] {
        inclusions(item(operation), depth: depth)
    }

    private func inclusions(_ schema: JSONValue, depth: Int) -> [JSONValue] {
        guard depth > 0 else { return [] }
        return (schema["properties"]?.objectValue ?? [:]).flatMap { name, property -> [JSONValue] in
            guard let target = target(property) else { return [] }
            let deeper = inclusions(target, depth: depth - 1)
            return [["relation": .string(name)]]
                + deeper.map { ["relation": .string(name), "scope": ["include": [$0]]] }
        }
    }

    /// The row that a relation leads to; nil for a property that is not a relation.
    private func target(_ property: JSONValue) -> JSONValue? {
        let reference =
            property["$ref"] ?? property["items"]?["$ref"]
            ?? property["anyOf"]?.arrayValue?.lazy.compactMap { $0["$ref"] }.first
        guard let reference, let name = reference.stringValue, name.hasSuffix("WithRelations") else { return nil }
        return resolve(["$ref": reference])
    }
}
