import Logging
import Primitives
import WorkQueue

/// Makes the users of a tenant what its state demands: disabled while it is suspended, enabled when it returns, deleted when it was
/// off-boarded. A user whom an active tenant has too stays enabled.
struct IdentityChangeProcessor: Sendable {
    let providers: IdentityProviders
    let repository: IdentityProviderRepository
    let logger: Logger

    /// A provider that a tenant uses is no longer configured.
    struct ProviderNotConfigured: LoggableError {
        let provider: String
        var description: String { "the identity provider \(provider) is not configured" }
    }

    /// How often the state of a user who is shared is looked at again, if it keeps changing.
    private static let rounds = 3

    func handle(_ change: IdentityChange) async throws -> Settlement<Void> {
        for account in try await repository.accounts(of: change.tenant) {
            guard case .configured(let provider)? = providers[account.provider] else {
                throw ProviderNotConfigured(provider: account.provider)
            }
            switch change.goal {
            case .enabled: try await provider.setEnabled(true, account)
            case .disabled: try await disable(account, at: provider)
            case .deleted:
                try await provider.remove(account, isShared: try await repository.sharing(of: account).isShared)
                try await repository.forget(account)
            }
        }
        logger.info(
            "The users of a tenant were changed at its identity provider",
            metadata: ["tenantId": "\(change.tenant)", "goal": "\(change.goal.rawValue)"])
        return .done(())
    }

    /// Another tenant of a shared user may return at this very moment, so it is looked at again afterwards.
    private func disable(_ account: IdentityAccount, at provider: any IdentityProvider) async throws {
        var isEnabled = try await repository.sharing(of: account).isNeeded
        for _ in 0..<Self.rounds {
            try await provider.setEnabled(isEnabled, account)
            let isNeeded = try await repository.sharing(of: account).isNeeded
            if isNeeded == isEnabled { return }
            isEnabled = isNeeded
        }
    }
}
