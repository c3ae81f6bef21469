/// Deletes the password of a role that no longer exists.
struct ForgetCredentialStep: ProvisioningStep {
    let tenancy: PostgresTenancy

    let name = "forget-credential"

    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
        let name = try SQLName(tenantKey: context.event.tenantKey)
        try await tenancy.forgetCredential(name, of: context.event.tenantID)
        return StepOutput()
    }
}
