/// Why data for an export is not accepted.
enum ExportDataError: Error, Sendable, Hashable {
    /// The export is over or has all data, or a later attempt has begun.
    case notAwaited
}
