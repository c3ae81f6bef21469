package import Billing
package import ServiceKit

extension ScenarioRefusal: HTTPFailureConvertible {
    package var httpFailure: HTTPFailure { .invalidField(pointer, code: "scenario", reason) }
}
