import Logging
import Primitives
import WorkQueue

/// A request for data that this process serves.
struct DataExportWork: LeasedItem {
    let handle: RowClaim
    let tenant: Identifier
    let sealedEvent: [UInt8]
    let trace: TraceContext?
    let failures: Int
    /// The id of the export.
    var export: Identifier { handle.row }

    var description: WorkDescription {
        WorkDescription(
            queue: "data-exports", kind: "tenant", id: export.description, attempt: failures + 1,
            trace: trace, metadata: ["tenantId": "\(tenant)"])
    }
}
