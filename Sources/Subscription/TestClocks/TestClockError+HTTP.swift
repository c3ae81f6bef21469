import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

extension TestClockError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .disabled:
            HTTPFailure(
                .unprocessableContent, name: "UnprocessableEntityError",
                message: .string("There are no test clocks here: TEST_CLOCKS is off."), code: "TEST_CLOCKS_DISABLED")
        case .notFound: .entityNotFound
        case .tenantUnknown:
            .conflict("There is no such tenant, or it is deleted or suspended.", code: "TENANT_UNKNOWN")
        case .tenantHasSubscriptions:
            .conflict(
                "The tenant has subscriptions on the real time. Take a tenant without any.",
                code: "TEST_CLOCK_SUBSCRIPTIONS")
        case .goesBack:
            .invalidField(TestClock.now.path, code: "order", "must not be before what the tenant has lived through")
        case .outOfRange:
            .invalidField(TestClock.now.path, code: "range", "must be between the years 2000 and 2199")
        case .tooFar:
            .invalidField(
                TestClock.now.path, code: "range",
                "must be at most \(TestClock.longestAdvance) days after what it shows")
        }
    }
}

extension Operation {
    /// The same operation, which is refused while there are no test clocks.
    func needingTestClocks(_ isEnabled: Bool) -> Operation {
        var operation = self
        if operation.requestBody == nil {
            operation.failures[.unprocessableContent] = "There are no test clocks here (TEST_CLOCKS_DISABLED)"
        }
        return operation.checkingFirst { _ in
            guard isEnabled else { throw TestClockError.disabled }
        }
    }
}
