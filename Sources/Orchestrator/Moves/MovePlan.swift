/// The steps that move a tenant to another place. Until the switch the tenant's data is where it was, and every failure lets the
/// tenant write there again.
enum MovePlan {
    /// - Parameter labels: What the tenant's tier asks of a data server.
    static func make(_ tools: MoveTools, labels: [String: String]) throws(ProvisioningFailure) -> WorkflowPlan {
        try WorkflowPlan(
            .move,
            [
                ReserveTargetStep(tools: tools, labels: labels), SurveyTargetStep(tools: tools),
                CloseWritesStep(tools: tools), CopyStep(tools: tools), CloseSourceStep(tools: tools),
                VerifyStep(tools: tools), SwitchStep(tools: tools),
            ])
    }
}
