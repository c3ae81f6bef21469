import JSONCoding

/// Chooses the data server of a new tenant, and reserves a place on it.
struct PlaceStep: ProvisioningStep {
    static let name = "place"

    let tenancy: PlacedTenancy
    let kind: TenantPlacement.Kind
    let labels: [String: String]

    var name: String { Self.name }

    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
        let request = try tenancy.request(context.event, kind, labels: labels)
        let placement = try await tenancy.placed { () async throws(PlacementFailure) in
            try await tenancy.placement.place(request)
        }
        return StepOutput(values: [
            "server": .string(placement.server), "kind": .string(placement.kind.rawValue),
            "database": .string(placement.database), "state": .string(placement.state.rawValue),
        ])
    }

    /// Gives the place back, unless the tenant's data was there before.
    func compensate(_ context: StepContext) async throws(ProvisioningFailure) {
        try await tenancy.placed { () async throws(PlacementFailure) in
            try await tenancy.placement.release(context.event.tenantID)
        }
    }

    /// Whether this workflow has reserved the place.
    static func hasReserved(_ context: StepContext) -> Bool {
        context.outputIfPresent(of: name)?["state"]?.stringValue == TenantPlacement.State.reserved.rawValue
    }
}

/// Records that the tenant's data is at its place.
struct ConfirmPlaceStep: ProvisioningStep {
    let tenancy: PlacedTenancy

    let name = "confirm-place"
    let needs = [PlaceStep.name]

    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
        try await tenancy.placed { () async throws(PlacementFailure) in
            try await tenancy.placement.confirm(context.event.tenantID)
        }
        return StepOutput()
    }

    func compensate(_ context: StepContext) async throws(ProvisioningFailure) {
        guard PlaceStep.hasReserved(context) else { return }
        try await tenancy.placed { () async throws(PlacementFailure) in
            try await tenancy.placement.unconfirm(context.event.tenantID)
        }
    }
}

/// Finds the data server of a tenant that is to be removed, also of one from before placements were stored.
struct FindPlaceStep: ProvisioningStep {
    let tenancy: PlacedTenancy
    let kind: TenantPlacement.Kind

    let name = "find-place"

    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
        let request = try tenancy.request(context.event, kind, labels: [:])
        let placement = try await tenancy.placed { () async throws(PlacementFailure) in
            try await tenancy.placement.locate(request)
        }
        guard let placement else { return StepOutput() }
        return StepOutput(values: ["server": .string(placement.server)])
    }
}

/// Gives the place of a removed tenant back.
struct ReleasePlaceStep: ProvisioningStep {
    let tenancy: PlacedTenancy

    let name = "release-place"

    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
        try await tenancy.placed { () async throws(PlacementFailure) in
            try await tenancy.placement.remove(context.event.tenantID, .current)
        }
        return StepOutput()
    }
}
