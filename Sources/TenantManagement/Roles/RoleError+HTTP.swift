import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

extension RoleError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .readOnly(let name, let source):
            HTTPFailure(
                .forbidden, name: "ForbiddenError",
                message: .string(
                    source == .file
                        ? "The role \(name) is defined in ROLES_FILE and can only be changed there."
                        : "The role \(name) is built in and cannot be changed. Add another role instead."),
                code: "ROLE_READ_ONLY")
        case .nameTaken(let name):
            .conflict("The name \(name) is reserved. Choose another one.", code: "ROLE_NAME_RESERVED")
        case .notHeld(let details):
            Self.notHeld(details)
        case .inUse(let keys):
            .conflict(
                "API keys have the role (\(keys < RoleRepository.countedKeys ? "\(keys)" : "\(keys) or more")). Delete them first, or change what the role allows.",
                code: "ROLE_IN_USE")
        case .tooMany(let limit): .conflict("There are \(limit) roles, which is the limit.", code: "TOO_MANY_ROLES")
        }
    }

    private static func notHeld(_ details: [ValidationDetail]) -> HTTPFailure {
        var failure = HTTPFailure(
            .forbidden, name: "ForbiddenError",
            message: "A role cannot have permissions that its author does not have.", code: "PERMISSIONS_NOT_HELD")
        failure.details = details
        return failure
    }
}
