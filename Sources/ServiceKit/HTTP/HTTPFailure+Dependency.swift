import HTTPTypes
import Primitives

extension HTTPFailure: DependencyError {
    /// Whether it stands for something that is away, as seen by work that no request waits for.
    package var isDependencyUnavailable: Bool { status == .serviceUnavailable || status == .gatewayTimeout }
}
