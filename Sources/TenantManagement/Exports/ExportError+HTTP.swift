import HTTPTypes
import JSONCoding
import ServiceKit

extension ExportError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .notFound: .entityNotFound
        case .notAvailable(let state):
            .conflict("The export is \(state.rawValue); there is no archive.", code: "EXPORT_NOT_AVAILABLE")
        case .erased: .conflict("The personal data of the tenant was erased.", code: "TENANT_ERASED")
        case .rangeNeeded(let limit):
            .badRequest(
                "The archive is larger than \(limit) bytes. Ask for it in ranges: Range: bytes=0-\(limit - 1)",
                code: "RANGE_NEEDED")
        case .rangeNotSatisfiable(let size):
            HTTPFailure(
                .rangeNotSatisfiable, name: "RangeNotSatisfiableError",
                message: "The range must be bytes=first-last, bytes=first- or bytes=-length within the archive.",
                headers: [.contentRange: "bytes */\(size)"])
        }
    }
}
