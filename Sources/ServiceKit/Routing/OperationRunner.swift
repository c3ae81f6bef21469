import Entities
import HTTPTypes
import Hummingbird
import JSONCoding
import NIOCore
import PostgresClient
import Primitives

/// Takes a request through the steps of an operation, in the original's order (docs/contract/arc-api.md 2.1): limit,
/// parameters, body, authentication, authorization, handler.
struct OperationRunner: Sendable {
    let operation: Operation
    /// Position of the operation in the list of all.
    let number: Int
    let authenticators: AuthenticatorChain
    let rateLimits: OperationLimits
    let limits: RequestLimits
    let idempotency: IdempotencyRunner
    let clientAddress: ClientAddressResolver
    let clock: any WallClock
    /// Nil for a service without tenants.
    let tenantGate: TenantGate?
    /// Whether there are replicas.
    let hasReplicas: Bool

    /// Scope of the keys of requests that are confined to no tenant. Nothing with audit columns is written in it.
    private static let keys = TenantScope.operatorScope(actor: Actor(id: ""))

    func run(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        context.annotations.update { $0.operation = number }
        do {
            return try await perform(request, context)
        } catch {
            // Services throw errors of their domain, some of which are a 401.
            var failure = FailureMapping.failure(for: error)
            guard failure.status == .unauthorized else { throw error }
            try await rateLimits.countFailure(
                request.headers, at: clientAddress.address(of: request, context: context))
            guard failure.headers[.wwwAuthenticate] == nil else { throw error }
            failure.headers[.wwwAuthenticate] = operation.security.challenge ?? "Bearer realm=\"Users\""
            throw failure
        }
    }

    private func perform(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        let address = clientAddress.address(of: request, context: context)
        let counted = try rateLimits.begin(at: address)
        // The limits of callers and tenants are decided together with those of addresses, so the credential is verified first;
        // what is wrong with it is said in its turn.
        var caller: Result<Identity, any Error>?
        if counted?.concernsCaller == true {
            let credentials = RequestCredentials(
                headers: request.headers, method: request.method, clientAddress: address)
            do {
                caller = .success(try await authenticators.identity(of: credentials))
            } catch {
                caller = .failure(error)
            }
        }
        let known = try? caller?.get()
        var responseHeaders = HTTPFields()
        if let counted, operation.accountLimit == nil {
            responseHeaders = try await rateLimits.count(counted, caller: known, account: nil)
        }
        let body = expectsBody ? try await readBody(request, context, address: address) : []
        let parsed: Result<JSONValue?, any Error> = Result {
            try body.isEmpty ? nil : parseBody(body, headers: request.headers)
        }
        let call = call(request, context, body: try? parsed.get(), bytes: body, address: address)
        let valid: Result<Void, any Error> = Result { try validate(call, parsed) }
        if let counted, operation.accountLimit != nil {
            // The account is in the request. One that is not valid concerns nobody's account.
            let account = (try? valid.get()) == nil ? nil : rateLimits.account(of: call)
            responseHeaders = try await rateLimits.count(counted, caller: known, account: account)
        }
        try valid.get()
        let response = try await respond(call, caller: caller)
        var headers = response.headers
        for field in responseHeaders { headers.append(field) }
        if response.body != nil || response.stream != nil { headers[.contentType] = response.mediaType }
        return Response(status: response.status, headers: headers, body: Self.body(of: response))
    }

    static func body(of response: OperationResponse) -> ResponseBody {
        guard let stream = response.stream else {
            return response.body.map { ResponseBody(byteBuffer: $0) } ?? ResponseBody()
        }
        return ResponseBody { writer in
            // A part is made when the one before has left: a slow client holds one of them, not all.
            try await stream { part in try await writer.write(part) }
            try await writer.finish(nil)
        }
    }

    private var expectsBody: Bool {
        operation.method == .post || operation.method == .put || operation.method == .patch
    }

    private func validate(_ call: OperationRequest, _ body: Result<JSONValue?, any Error>) throws {
        let parsed = try body.get()
        try ParameterValidation.check(call, against: operation.parameters)
        try ParameterValidation.refuseConditions(call, unlessIn: operation.parameters)
        if let schema = operation.requestBody ?? (operation.refusesBody ? Self.noMembers : nil), let parsed {
            let details = schema.validate(parsed)
            guard details.isEmpty else { throw HTTPFailure.validation(details) }
        }
    }

    /// The schema of a body that the operation does not read. A client that sends members must learn that they have no effect.
    private static let noMembers = Schema.object([])

    private func respond(
        _ call: OperationRequest, caller: Result<Identity, any Error>?
    ) async throws -> OperationResponse {
        switch operation.handler {
        case .anonymous(let handle):
            // Before the idempotency key: without the lead's key, nobody gets a stored response.
            if operation.security == .leadKey { try requireLeadKey(call) }
            noteAdmission(call)
            return try await idempotency.run(operation, call, caller: keyOwner(call), in: Self.keys) {
                try await handle(call.with($0))
            }
        case .authenticated(let handle):
            let authenticated = try await authenticators.authenticate(
                call, permissions: acceptedPermissions, known: caller)
            try requireAdmission(authenticated.identity)
            noteAdmission(call)
            return try await idempotency.run(
                operation, call, caller: authenticated.identity.keyOwner, in: Self.keys
            ) { try await handle(authenticated.with($0)) }
        case .scoped(let handle):
            let authenticated = try await authenticators.authenticate(
                call, permissions: acceptedPermissions, known: caller)
            let scoped = authenticators.scope(authenticated)
            try await tenantGate?.check(scoped.identity.kind)
            try requireAdmission(scoped.identity)
            noteAdmission(call)
            return try await idempotency.run(
                operation, call, caller: scoped.identity.keyOwner, in: scoped.scope
            ) { claim in try await reading(call) { try await handle(scoped.with(claim)) } }
        }
    }

    /// Lets replicas answer what a request reads, if it says what it must see.
    private func reading<Value>(_ call: OperationRequest, _ body: () async throws -> Value) async throws -> Value {
        guard hasReplicas, operation.mayReadReplicas, let text = call.headers[.writePosition],
            let positions = WritePositions(text)
        else { return try await body() }
        return try await ReplicaReading.$current.withValue(ReplicaReading(positions)) { try await body() }
    }

    private func call(
        _ request: Request, _ context: ServiceRequestContext, body: JSONValue?, bytes: [UInt8], address: ClientAddress
    ) -> OperationRequest {
        var pathParameters: [String: String] = [:]
        for (name, value) in context.parameters {
            pathParameters[String(name)] = String(value).removingPercentEncoding()
        }
        return OperationRequest(
            method: request.method, path: request.uri.path, query: request.uri.query ?? "",
            pathParameters: pathParameters, headers: request.headers, body: body, bodyBytes: bytes,
            clientAddress: address, requestID: context.annotations.current.requestID, instant: clock.now(),
            annotations: context.annotations)
    }

    /// Whose an idempotency key is when nobody has shown who he is: the holder's of a lead's key, or the address's.
    private func keyOwner(_ call: OperationRequest) -> IdempotencyOwner {
        if operation.security == .leadKey, let key = call.headers[.authorization] {
            return IdempotencyOwner("lead", [key])
        }
        return IdempotencyOwner("address", [call.clientAddress.network])
    }

    /// What is for operators is refused to the users of a tenant before anything is done.
    private func requireAdmission(_ identity: Identity) throws(HTTPFailure) {
        guard operation.admits(identity) else { throw .notAllowed }
    }

    private func noteAdmission(_ call: OperationRequest) {
        if hasReplicas { call.annotations.update { $0.isAdmitted = true } }
    }

    /// The operation itself verifies the key.
    private func requireLeadKey(_ call: OperationRequest) throws(HTTPFailure) {
        guard call.headers[.authorization] != nil else { throw .missingToken }
        try authenticators.refuseSeveral(call.credentials)
    }

    private var acceptedPermissions: [String] {
        if case .bearer(let permissions) = operation.security { return permissions }
        return []
    }

    private func readBody(
        _ request: Request, _ context: ServiceRequestContext, address: ClientAddress
    ) async throws -> [UInt8] {
        // Nothing is decompressed, so a body has no other size than the one that is limited.
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw HTTPFailure.unsupportedContentEncoding(encoding)
        }
        let length = request.headers[.contentLength].flatMap { Int($0) }
        if let length, length > limits.maximumBodySize { throw HTTPFailure.payloadTooLarge }
        if request.headers[.expect] != nil {
            try await refuseWithoutBody(call(request, context, body: nil, bytes: [], address: address))
            context.channel.triggerUserOutboundEvent(RequestGuard.BodyWanted(), promise: nil)
        }
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: limits.maximumBodySize)
        } catch is NIOTooManyBytesError {
            // The router has its own, empty answer for this error, so it must not get there.
            throw HTTPFailure.payloadTooLarge
        } catch let error as CancellationError {
            throw error
        } catch let error as RequestBodyFailure {
            throw error
        } catch {
            // Whatever else can happen on a connection happens because its client has gone.
            throw RequestBodyFailure.incomplete
        }
        context.annotations.update { $0.requestBytes = buffer.readableBytes }
        if let length, buffer.readableBytes < length { throw RequestBodyFailure.incomplete }
        return Array(buffer.readableBytesView)
    }

    /// Refuses a caller who waits for `100 Continue` and has no access, before the body is sent for nothing.
    private func refuseWithoutBody(_ call: OperationRequest) async throws {
        switch operation.security {
        case .bearer, .anyIdentity: _ = try await authenticators.authenticate(call, permissions: acceptedPermissions)
        case .leadKey: try requireLeadKey(call)
        case .none, .signature, .basic, .eventSender: break
        }
    }

    private func parseBody(_ bytes: [UInt8], headers: HTTPFields) throws -> JSONValue? {
        guard operation.requestBody != nil || operation.refusesBody else { return nil }
        let type = headers[.contentType] ?? ""
        let essence = type.prefix { $0 != ";" }.trimmingSpaces().lowercased()
        guard
            operation.refusesBody || essence == "application/json"
                || (essence.hasPrefix("application/") && essence.hasSuffix("+json"))
        else { throw HTTPFailure.unsupportedMediaType(type) }
        do {
            return try JSONValue.parse(bytes, limits: JSONLimits(bytes: limits.maximumBodySize))
        } catch {
            throw HTTPFailure(
                .badRequest, name: "SyntaxError", message: .string("The request body is not valid JSON: \(error)"))
        }
    }
}
