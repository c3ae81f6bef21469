import PostgresClient
import ServiceKit

/// The status of a row of `main.provisionings`.
enum ProvisioningStatus: Int16, Sendable {
    /// Its callback has not arrived.
    case open = 0
    case succeeded = 1
    case failed = 2

    /// The status after a callback.
    init(_ result: ProvisioningResult) {
        self =
            switch result {
            case .success: .succeeded
            case .failure: .failed
            }
    }

    var value: PostgresValue { .int16(rawValue) }
}
