/// Why an export cannot be requested or downloaded.
enum ExportError: Error, Sendable, Hashable {
    /// There is no such tenant, or no such export.
    case notFound
    /// The archive is not finished, has failed, or was deleted.
    case notAvailable(TenantExport.State)
    /// The personal data of the tenant was erased.
    case erased
    /// The archive is too large for one response.
    case rangeNeeded(limit: Int)
    /// The range is not one, or is outside the archive.
    case rangeNotSatisfiable(size: Int64)
}
