import HTTPTypes
import Primitives

extension HTTPFailure: DependencyError {
    /// Whether it means that a dependency is away; background work asks this.
    package var isDependencyUnavailable: Bool { status == .serviceUnavailable || status == .gatewayTimeout }
}
