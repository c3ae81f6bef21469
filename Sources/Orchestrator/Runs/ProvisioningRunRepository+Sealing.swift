import KeyRotation

/// What sealed values of runs are bound to.
extension ProvisioningRunRepository {
    /// The event that a run was made from.
    static func label(run: String) -> String { "provisioning_runs/\(run)" }

    /// What signs the progress reports of a run.
    static func secretLabel(run: String) -> String { "provisioning_runs/\(run)/secret" }

    /// What a step was given (`input`), or has left (`output`).
    static func stepLabel(run: String, _ position: String, _ column: String) -> String {
        "workflow_steps/\(run)/\(position)/\(column)"
    }

    /// The columns, as `arc keys rotate` finds them.
    static var sealedColumns: [SealedColumn] {
        [
            column("sealed_event", of: "main.provisioning_runs") { label(run: $0.text("id")) },
            column("sealed_secret", of: "main.provisioning_runs") { secretLabel(run: $0.text("id")) },
            stepColumn("input"), stepColumn("output"),
        ]
    }

    private static func column(
        _ column: String, of table: String, label: @escaping @Sendable (SealedRow) -> String
    ) -> SealedColumn {
        SealedColumn(table, column, key: [.init("id", "uuid")], purpose: StoredSecrets.purpose) {
            SealedPlace(label($0))
        }
    }

    private static func stepColumn(_ column: String) -> SealedColumn {
        SealedColumn(
            "main.workflow_steps", "sealed_\(column)", key: [.init("run_id", "uuid"), .init("position", "smallint")],
            purpose: StoredSecrets.purpose
        ) { SealedPlace(stepLabel(run: $0.text("run_id"), $0.text("position"), column)) }
    }
}
