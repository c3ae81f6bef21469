/// What a step would do.
package struct StepPreview: Sendable, Hashable {
    /// The name of the step.
    package let step: String
    /// In words; without secrets.
    package let text: String
    /// Whether it would make or change something.
    package let isChange: Bool
}

/// What the previews of earlier steps have found.
struct PreviewContext: Sendable {
    let event: ProvisioningEvent
    /// Where the tenant is or would be.
    var placement: TenantPlacement?
    /// Which of the tenant's objects exist there.
    var survey: Survey?
}

/// A step that can say what it would do, without doing it.
protocol PreviewableStep: ProvisioningStep {
    /// Looks, and changes nothing.
    func preview(_ context: inout PreviewContext) async throws(ProvisioningFailure) -> [StepPreview]
}

extension PlaceStep: PreviewableStep {
    func preview(_ context: inout PreviewContext) async throws(ProvisioningFailure) -> [StepPreview] {
        let request = try tenancy.request(context.event, kind, labels: labels)
        let place = try await tenancy.placed { () async throws(PlacementFailure) in
            try await tenancy.placement.preview(request)
        }
        context.placement = place
        let what = place.kind == .silo ? "its own database" : "a schema in the database \(place.database)"
        let isNew = try await tenancy.find(context.event.tenantID) == nil
        return [
            StepPreview(
                step: name,
                text: isNew
                    ? "reserve a place on data server \(place.server), with \(what)"
                    : "keep the place on data server \(place.server), with \(what)",
                isChange: isNew)
        ]
    }
}

extension ConfirmPlaceStep: PreviewableStep {
    func preview(_ context: inout PreviewContext) async throws(ProvisioningFailure) -> [StepPreview] {
        let isPlaced = try await tenancy.find(context.event.tenantID)?.state == .placed
        return [StepPreview(step: name, text: "record that the tenant's data is there", isChange: !isPlaced)]
    }
}

extension PlacedStep: PreviewableStep {
    func preview(_ context: inout PreviewContext) async throws(ProvisioningFailure) -> [StepPreview] {
        guard let placement = context.placement else { return [] }
        let event = context.event
        let name = try SQLName(tenantKey: event.tenantKey)
        if self.name == SurveyStep.name {
            let output = try await tenancy.on(placement) { (server) async throws(ProvisioningFailure) -> StepOutput in
                try await SurveyStep().perform(StepContext(event: event), on: server)
            }
            context.survey = Survey(StepContext(event: event, outputs: [SurveyStep.name: output.values]))
            return [StepPreview(step: self.name, text: "look which of the tenant's objects exist", isChange: false)]
        }
        let survey = context.survey
        let limit = tenancy.connectionLimit
        return steps(placement.kind).map { step in
            let (text, isChange) = Self.text(step.name, name, placement, survey, limit)
            return StepPreview(step: self.name, text: text, isChange: isChange)
        }
    }

    private static func text(
        _ step: String, _ name: SQLName, _ placement: TenantPlacement, _ survey: Survey?, _ limit: Int
    ) -> (String, Bool) {
        let hasRole = survey?.hasRole ?? false
        let role = "role \(name) (login, at most \(limit) connections)"
        switch step {
        case CreateSchemaStep().name:
            let hasSchema = survey?.hasSchema ?? false
            return (
                """
                \(hasRole ? "keep" : "create") \(role), \(hasSchema ? "keep" : "create") schema \(name) in the database \
                \(placement.database), and grant the role CONNECT, USAGE and CREATE
                """, !hasRole || !hasSchema
            )
        case CreateRoleStep().name: return ("\(hasRole ? "keep" : "create") \(role)", !hasRole)
        case CreateDatabaseStep().name:
            let hasDatabase = survey?.hasDatabase ?? false
            return (
                "\(hasDatabase ? "keep" : "create") database \(name), which only the role can enter", !hasDatabase
            )
        case FillDatabaseStep().name:
            return ("ensure schema \(name) in the database \(name)", !(survey?.hasDatabase ?? false))
        default: return ("perform \(step)", true)
        }
    }
}
