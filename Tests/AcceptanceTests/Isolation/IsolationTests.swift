import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// Every operation of both documents, asked by everybody about another tenant, with tokens, API keys and sessions: nothing of it is
/// returned, changed or confirmed to exist. What an answer may look like is taken from the same request about something that is not there.
@Suite struct IsolationWalkTests {
    @Test func `nothing of another tenant is returned, changed or confirmed`() async throws {
        try await IsolationWorld.run { world in
            try await world.run(world.controls)
            let before = try await world.snapshot()
            let events = try await world.events()
            try await world.run(world.reads)
            // One after the other, because they write the same rows.
            for caller in IsolationWorld.Caller.outsiders {
                // What the one before has written does not meet the conditions of the next.
                try await world.stack.database(.tenantManagement).query(
                    "UPDATE main.tenants SET spoc_user_id = NULL WHERE id = $1::uuid", [.text(world.own.tenant)])
                try await world.run(world.writes(caller))
            }
            try await world.run(world.deletions)
            let after = try await world.snapshot()
            for row in Set(after).symmetricDifference(before).sorted() { world.problems.add("changed: \(row)") }
            for event in Set(try await world.events()).subtracting(events) { world.problems.add("published: \(event)") }
            #expect(before.count >= 15, "the other tenant has rows of every kind")
            #expect(world.problems.isEmpty, "\(world.problems.text)")
        }
    }

    /// Another site can make a browser send the cookie, but not the token that goes with changes.
    @Test func `no operation changes anything with the cookie of a session alone`() async throws {
        try await LoginWorld.run([.tenantManagement, .subscription]) { login in
            let browser = TestBrowser()
            try await login.logIn(browser)
            var refused = 0
            for client in [login.stack.tenantManagement, login.stack.subscription] {
                let document = try await APIDocument.read(client)
                for operation in document.operations where operation.method != "GET" {
                    guard ["HTTPBearer", "SessionCookie"].contains(operation.security) else { continue }
                    let body = operation.body.map { document.sample(document.resolve($0)) }
                    let condition = operation.query.contains("where") ? "?where=%7B%22id%22%3A%22x%22%7D" : ""
                    let page = try await browser.send(
                        operation.method, client.url + operation.path(with: WalkTests.unknown) + condition, body)
                    // Bodies and parameters are looked at before the credential.
                    let isRight = page.response.errorCode == "CSRF_TOKEN_INVALID" || [400, 422].contains(page.status)
                    #expect(isRight, "\(operation.name): \(page.status) \(page.response.text.prefix(200))")
                    refused += page.response.errorCode == "CSRF_TOKEN_INVALID" ? 1 : 0
                }
            }
            #expect(refused >= 80, "\(refused) operations came as far as the credential")
            try await browser.send("GET", "\(login.url)/auth/session").expect(200)
        }
    }

    /// Old data may refer across tenants; the reference leads nowhere.
    @Test func `a reference to another tenant's row reveals nothing`() async throws {
        try await IsolationWorld.run { world in
            let stack = world.stack
            let database = try stack.database(.subscription)
            let foreign = try await database.texts(
                "SELECT invoice_id::text FROM main.subscriptions WHERE subscriber_id = $1::uuid",
                [.text(world.other.tenant)])
            let own = try #require(world.own.rows["/subscriptions"])
            try await database.query(
                "UPDATE main.subscriptions SET invoice_id = $2::uuid WHERE id = $1::uuid",
                [.text(own), .text(foreign[0])])
            let token = try #require(world.tokens[.admin])
            let filter: JSONValue = ["include": ["invoice"], "fields": ["id": true]]
            let read = try await stack.subscription.get("/subscriptions/\(own)?\(filter.parameter())", token: token)
            #expect(read.status == 200 && !read.bytes.contains(text: foreign[0]), "\(read.text)")
            let invoice = try await stack.subscription.get("/subscriptions/\(own)/invoice", token: token)
            #expect(invoice.status == 404 && invoice.message == "EntityNotFound", "\(invoice.text)")
        }
    }
}

extension IsolationWorld {
    /// Collections in which an operator must find both tenants: otherwise nothing would be shown by finding nothing.
    private static let seen: Set<String> = [
        "/tenants", "/leads", "/contacts", "/invoices", "/tenant-configs", "/subscriptions",
        "/subscriptions/expire-soon", "/subscriptions/expired", "/feature-values",
    ]

    private func each(
        _ callers: [Caller], _ choose: (APIDocument.Operation) -> Bool,
        _ job: @escaping @Sendable (Caller, Service, APIDocument.Operation) async throws -> Void
    ) -> [Job] {
        callers.flatMap { caller in
            services.flatMap { service in
                service.document.operations.filter(choose).map { operation -> Job in
                    { @Sendable in try await job(caller, service, operation) }
                }
            }
        }
    }

    /// What shows that the walk would find something: the operator sees the other tenant, its own users see their own.
    var controls: [Job] {
        let lists = each([.operatorUser], { $0.method == "GET" && Self.seen.contains($0.path) }) {
            caller, service, operation in
            let days = operation.path.hasSuffix("expired") ? "?days=5" : ""
            let all = try await send(caller, service, "GET", operation.path + days)
            let isSeen = other.secrets.contains { all.answer.bytes.contains(text: $0) }
            if !isSeen { add(all, "does not show the other tenant to the operator") }
            let mine = try await send(.admin, service, "GET", operation.path + days)
            let own = self.own.secrets.contains { mine.answer.bytes.contains(text: $0) }
            if mine.answer.status != 200 || !own { add(mine, "does not show the own rows") }
            let viewed = try await send(.viewer, service, "GET", operation.path + days)
            if viewed.answer.status != 200 { add(viewed, "is not shown to the viewer") }
            let browsed = try await send(.operatorSession, service, "GET", operation.path + days)
            let isBrowsed = other.secrets.contains { browsed.answer.bytes.contains(text: $0) }
            if browsed.answer.status != 200 || !isBrowsed {
                add(browsed, "does not show the other tenant to the operator's session")
            }
            let refused = try await send(.session, service, "GET", operation.path + days)
            if refused.answer.status != 403 { add(refused, "is not refused to a session without the permission") }
        }
        let billing = services.suffix(1).map { service -> Job in
            { @Sendable in try await controlBilling(service) }
        }
        return rowControls + operatorControls + lists + billing
    }

    /// The same of what has no list.
    private func controlBilling(_ service: Service) async throws {
        func paths(_ side: IsolationSide) -> [String] {
            let filter: JSONValue = ["where": ["tenantId": .string(side.tenant)], "include": ["invoices"]]
            return ["/billing-invoice", "/billing-payment-source"].map { "\($0)/\(side.rows[$0] ?? "")" }
                + ["/billing-customer?\(filter.parameter())"]
        }
        for (caller, side) in [(Caller.operatorUser, other), (.admin, own), (.viewer, own)] {
            for path in paths(side) {
                let exchange = try await send(caller, service, "GET", path)
                if exchange.answer.status != 200 || !exchange.answer.bytes.contains(text: side.marker) {
                    add(exchange, "does not show what is the caller's")
                }
            }
        }
    }

    var reads: [Job] {
        each(Caller.outsiders, { $0.method == "GET" }) { caller, service, operation in
            try await IsolationReads(world: self, caller: caller, service: service, operation: operation).run()
        }
    }

    /// One after the other for each collection: what changes the same rows would differ by chance.
    func writes(_ caller: Caller) -> [Job] {
        services.flatMap { service in
            let writing = service.document.operations.filter { $0.method != "GET" }
            return Dictionary(grouping: writing, by: \.collection).values.map { operations -> Job in
                { @Sendable in
                    for operation in operations {
                        try await IsolationWrites(
                            world: self, caller: caller, service: service, operation: operation
                        ).run()
                    }
                }
            }
        }
    }

    /// At the end the first tenant deletes all that it has, itself last.
    var deletions: [Job] {
        [
            { @Sendable in
                let all = services.flatMap { service in
                    service.document.operations.filter { $0.method == "DELETE" }.map { (service, $0) }
                }
                for (service, operation) in all.sorted(by: { $1.1.path == "/tenants/{id}" && $0.1.path != $1.1.path }) {
                    let path = operation.path(with: ownID(.admin, operation.path))
                    checkWritten(try await send(.admin, service, "DELETE", path), operation)
                }
            }
        ]
    }
}
