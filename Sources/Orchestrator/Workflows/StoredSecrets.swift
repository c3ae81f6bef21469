/// What the orchestrator keeps sealed in its database.
enum StoredSecrets {
    /// The purpose of the sealer.
    static let purpose = "orchestrator"
}
