import Entities
import PostgresClient
import Primitives

/// The result of a change at a provider, and what has to be stored with it.
struct ProviderEffect<Value: Sendable>: Sendable {
    /// The result.
    let value: Value
    /// For the transaction of the service's own rows; they run after the insert of the row that they refer to.
    let statements: [BoundStatement]
    /// Whether the change has been made outside already, whatever becomes of the rows.
    private let isExternal: Bool

    /// A change in the service's own database, which is made when the statements commit.
    init(_ value: Value, storing statements: [BoundStatement] = []) {
        self.value = value
        self.statements = statements
        isExternal = false
    }

    /// A change that an external provider has made.
    init(external value: Value) {
        self.value = value
        statements = []
        isExternal = true
    }

    /// Runs what follows the change, at the end the transaction with ``statements``.
    /// - Throws: `BillingProviderError.outcomeUnknown` when an external provider has made the change and what follows was
    ///   interrupted, because no response may say that nothing was changed. The same request repeats the change under the same
    ///   idempotency key. All other errors are those of the body.
    func followed<Result>(by body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch {
            guard isExternal, Self.deniesChange(error) else { throw error }
            throw BillingProviderError.outcomeUnknown
        }
    }

    /// Whether the response to the error would say that nothing was changed.
    private static func deniesChange(_ error: any Error) -> Bool {
        if error is CancellationError { return true }
        if let error = error as? BillingProviderError { return error == .unavailable }
        if let error = error as? PostgresError { return deniesChange(RepositoryError.from(error, entity: nil)) }
        if let error = error as? RepositoryError { return error == .cancelled || error.isDependencyUnavailable }
        return false
    }
}
