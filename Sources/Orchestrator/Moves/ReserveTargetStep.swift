import JSONCoding

/// Chooses the target of a move, and reserves a place there.
struct ReserveTargetStep: ProvisioningStep {
    static let name = "reserve-target"

    let tools: MoveTools
    /// What the tier asks of a data server.
    let labels: [String: String]

    var name: String { Self.name }

    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
        let event = context.event
        let move = try MoveRequest(event)
        let places = try await tools.tenancy.placed { () async throws(PlacementFailure) in
            try await tools.tenancy.placement.findAll(event.tenantID)
        }
        guard let current = places.first(where: { $0.role == .current }), current.state == .placed else {
            throw .permanent("the tenant has no data that could be moved; provision it first")
        }
        guard !places.contains(where: { $0.role == .previous }) else {
            throw .permanent("the old copy of the last move is still kept; confirm that move first")
        }
        var request = try tools.tenancy.request(event, move.kind ?? current.kind, labels: labels)
        if request.tier.isEmpty { request.tier = current.tier }
        let target = try await reserve(request, move.server, current)
        return StepOutput(values: MoveSites(source: current, target: target).json)
    }

    private func reserve(
        _ request: PlacementRequest, _ server: String?, _ current: TenantPlacement
    ) async throws(ProvisioningFailure) -> TenantPlacement {
        try await tools.tenancy.placed { () async throws(PlacementFailure) in
            try await tools.tenancy.placement.reserveTarget(request, on: server, from: current)
        }
    }

    func compensate(_ context: StepContext) async throws(ProvisioningFailure) {
        try await tools.tenancy.placed { () async throws(PlacementFailure) in
            try await tools.tenancy.placement.remove(context.event.tenantID, .target)
        }
    }
}
