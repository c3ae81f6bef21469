/// Deletes the password of a role that no longer exists.
struct ForgetCredentialStep: DataServerStep {
    let name = "forget-credential"

    func perform(
        _ context: StepContext, on tenancy: PostgresTenancy
    ) async throws(ProvisioningFailure) -> StepOutput {
        let name = try SQLName(tenantKey: context.event.tenantKey)
        try await tenancy.forgetCredential(name, of: context.event.tenantID)
        return StepOutput()
    }
}
