import Entities
import HTTPTypes
import ServiceKit

extension DeliveryError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .noEndpoint, .noDelivery: .entityNotFound
        case .inProgress: .conflict("The delivery is being sent at this moment.", code: "DELIVERY_IN_PROGRESS")
        case .tooManyEvents(let limit):
            .invalidField("/to", code: "range", "must end earlier: a replay has at most \(limit) events")
        }
    }
}
