import Entities
import Logging
import PostgresClient
import Primitives
import ServiceKit

/// Receives the application data of tenants that are being exported.
struct ExportDataService: Sendable {
    let pool: PostgresPool
    let exports: EntityRepository
    let secrets: WebhookSecrets
    /// How old a message may be, and how far clocks may differ.
    let tolerance: Duration
    /// Most bytes.
    let maximumSize: Int
    /// How long the next message is waited for.
    let patience: Duration
    let system: TenantScope
    let clock: any WallClock
    let logger: Logger

    /// Whether a message was signed with the secret that the request for the data contains.
    /// - Throws: ``CallbackError/refused`` for every message that is not accepted; the log says why.
    func verify(_ message: SignedMessage, of export: Identifier) async throws {
        guard message.signature != nil, let timestamp = message.timestampMilliseconds, message.body != nil else {
            throw refused("It has no signature, no timestamp or no body", export)
        }
        let tenant: Identifier
        do {
            tenant = try await exports.findByID(export, in: system)[TenantExport.tenantID]
        } catch {
            guard case RepositoryError.notFound = error else { throw error }
            throw refused("There is no such export", export)
        }
        let candidates = secrets.candidates(tenant: tenant, context: export)
        guard candidates.contains(where: { message.isSigned(context: export.description, secret: $0) }) else {
            throw refused("The signature is wrong", export)
        }
        guard abs(timestamp - clock.now().milliseconds) <= tolerance.microseconds / 1000 else {
            throw refused("The timestamp is out of tolerance", export)
        }
    }

    /// Applies a message. The same message again has no further effect.
    /// - Throws: ``ExportDataError``; `ValidationFailure` when parts are missing.
    func receive(_ message: ExportDataMessage, of export: Identifier, in context: WriteContext) async throws {
        let decision = try await context.withTransaction(on: pool, resource: nil) { transaction in
            guard var reception = try await ExportDataRepository.lock(export, transaction) else {
                return ExportDataReception.Decision.refuse
            }
            let decision = reception.receive(message, limit: maximumSize)
            for statement in statements(decision, message, reception, export) {
                _ = try await transaction.query(statement)
            }
            return decision
        }
        switch decision {
        case .refuse: throw ExportDataError.notAwaited
        case .incomplete:
            throw ValidationFailure.invalidField(
                "/attempt", code: "incomplete",
                "has parts that are missing: begin again at position 0, with a higher attempt")
        case .fail(let reason):
            logger.warning(
                "An export has failed", metadata: ["exportId": "\(export)", "reason": "\(reason)"])
        case .nothing, .store, .complete, .none: break
        }
    }

    private func statements(
        _ decision: ExportDataReception.Decision, _ message: ExportDataMessage, _ reception: ExportDataReception,
        _ export: Identifier
    ) -> [BoundStatement] {
        switch decision {
        case .store(let position, let isFirst):
            guard case .part(_, _, let content) = message else { return [] }
            return ExportDataRepository.store(
                content, at: position, isFirst: isFirst, of: export, reception, patience: patience)
        case .complete(let data): return ExportDataRepository.end(export, reception, as: data.json)
        case .none(let reason):
            return ExportDataRepository.end(export, reception, as: ExportDataState.stored(reason: reason))
        case .fail(let reason): return [ExportDataRepository.fail(export, reason: reason)]
        case .nothing, .refuse, .incomplete: return []
        }
    }

    private func refused(_ reason: String, _ export: Identifier) -> CallbackError {
        logger.warning(
            "Data for an export was refused", metadata: ["reason": "\(reason)", "exportId": "\(export)"])
        return .refused
    }
}
