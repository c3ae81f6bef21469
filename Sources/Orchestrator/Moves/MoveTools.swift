import JSONCoding
import Logging
import Primitives

/// What the steps of a move share.
struct MoveTools: Sendable {
    let tenancy: PlacedTenancy
    let settings: MoveSettings
    let clock: any WallClock
    let logger: Logger

    /// Works on one end of the move.
    func on<Value: Sendable>(
        _ placement: TenantPlacement, _ work: (MoveSite) async throws(ProvisioningFailure) -> Value
    ) async throws(ProvisioningFailure) -> Value {
        try await tenancy.on(placement) { (server) async throws(ProvisioningFailure) -> Value in
            try await work(try MoveSite(placement, server))
        }
    }

    /// How much of the window is left.
    /// - Throws: a permanent failure when it is over, which undoes the move.
    func remainingWindow(_ context: StepContext) throws(ProvisioningFailure) -> Duration {
        guard let closed = context.outputIfPresent(of: CloseWritesStep.name)?["closedAt"]?.intValue else {
            return settings.window
        }
        let elapsed = Duration.microseconds(clock.now().microseconds - Int64(closed))
        guard elapsed < settings.window else {
            throw .permanent(
                "the tenant was unable to write for \(settings.window.components.seconds) s (MOVE_WINDOW_SECONDS)")
        }
        return settings.window - elapsed
    }
}
