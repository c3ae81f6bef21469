import Entities
import Primitives
import ServiceKit

extension PlanFeatureError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .planNotFound: .entityNotFound
        case .valueNotFound(let item, let id):
            Self.missing(
                "/\(item)\(Entity.id.path)", .entityNotFound(model: FeatureValue.entity.table, id: id.description))
        case .featureNotFound(let item, let name):
            Self.missing(
                "/\(item)\(FeatureValue.featureKey.path)",
                FailureMapping.failure(
                    for: RepositoryError.relatedNotFound(
                        detail: "Key (feature_key)=(\(name)) is not present in table \"features\".")))
        case .valueExists:
            .conflict(
                "The plan has a value for one of these features already. Change it with PATCH.",
                code: "PLAN_FEATURE_EXISTS")
        }
    }

    private static func missing(_ path: String, _ failure: HTTPFailure) -> HTTPFailure {
        var failure = failure
        failure.details = [ValidationDetail(path: path, code: "exists", message: "must exist")]
        return failure
    }
}
