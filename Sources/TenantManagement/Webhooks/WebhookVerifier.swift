import JSONCoding
import Logging
import Primitives
import ServiceKit

/// Verifies that a callback comes from the pipeline to which a provisioning was given.
struct WebhookVerifier: Sendable {
    let copies: WebhookSecretCopies
    let repository: ProvisioningRepository
    let secrets: WebhookSecrets
    let configuration: WebhookConfiguration
    let clock: any WallClock
    let logger: Logger

    /// A verified delivery.
    struct Delivery: Sendable {
        let tenant: Identifier
        /// The provisioning whose secret has signed it: the one that it reports on.
        let context: Identifier
        /// What was asked for.
        let kind: ProvisioningKind
    }

    /// What a signature covers besides the timestamp.
    enum Signing: Sendable {
        /// Body and context, for `/webhook`.
        case bodyAndContext
        /// The body alone, for `/manage/users`: during the provisioning, and after its success for as long as the original keeps
        /// the secret.
        case body
    }

    /// - Parameter named: The provisioning that the body names; nil for the one whose secret has signed the message, of the one
    ///   that is open and the last before it: a report whose answer was lost comes again while the next request is open already.
    /// - Throws: ``CallbackError/refused`` for every callback that is not accepted; the log says why.
    func verify(
        _ message: SignedMessage, tenant text: String, signing: Signing = .bodyAndContext, named: Identifier? = nil
    ) async throws -> Delivery {
        guard let timestamp = message.timestampMilliseconds else { throw refused("Invalid timestamp", text) }
        guard message.signature != nil else { throw refused("Missing signature string", text) }
        guard let tenant = Identifier(text), message.body != nil else {
            throw refused("No secret found for this initiator", text)
        }
        let provisionings = try await provisionings(of: tenant, signing: signing, named: named)
        if signing == .body {
            guard let provisioning = provisionings.first, isUsable(provisioning) else {
                throw refused("No provisioning is under way for this initiator", text)
            }
        }
        guard !provisionings.isEmpty else { throw refused("No secret found for this initiator", text) }
        guard let signer = await signer(of: message, tenant: tenant, among: provisionings, signing: signing) else {
            throw refused("Invalid signature", text)
        }
        let tolerance = configuration.webhookTolerance.microseconds / 1000
        guard abs(timestamp - clock.now().milliseconds) <= tolerance else {
            throw refused("Timestamp out of tolerance", text)
        }
        return Delivery(tenant: tenant, context: signer.context, kind: signer.kind)
    }

    /// The provisioning whose secret has signed a message.
    private func signer(
        of message: SignedMessage, tenant: Identifier, among provisionings: [ProvisioningRepository.Provisioning],
        signing: Signing
    ) async -> ProvisioningRepository.Provisioning? {
        let stored = await copies.copy(of: tenant)
        return provisionings.first { provisioning in
            let context = provisioning.context.description
            // If Redis has missed the latest copy, the stored one belongs to an earlier provisioning.
            let copy = stored?.context == context ? stored?.secret : nil
            let candidates = secrets.candidates(tenant: tenant, context: provisioning.context)
            return ((copy.map { [$0] } ?? []) + candidates).contains {
                message.isSigned(context: signing == .body ? nil : context, secret: $0)
            }
        }
    }

    /// How many provisionings a callback that names none may report on.
    private static let candidates = 4

    private func provisionings(
        of tenant: Identifier, signing: Signing, named: Identifier?
    ) async throws -> [ProvisioningRepository.Provisioning] {
        if let named { return try await repository.provisioning(named, of: tenant).map { [$0] } ?? [] }
        if signing == .body { return try await repository.latest(of: tenant, kind: .provision).map { [$0] } ?? [] }
        return try await repository.latest(of: tenant, limit: Self.candidates)
    }

    private func isUsable(_ provisioning: ProvisioningRepository.Provisioning) -> Bool {
        if provisioning.status == .open { return true }
        guard provisioning.status == .succeeded, let end = provisioning.completedOn else { return false }
        return clock.now() < end.adding(configuration.webhookSecretLifetime)
    }

    private func refused(_ reason: String, _ tenant: String) -> CallbackError {
        logger.warning(
            "A callback was refused",
            metadata: ["reason": "\(reason)", "tenantId": "\(LoggablePath.identifier(tenant))"])
        return .refused
    }
}
