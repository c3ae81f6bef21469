import ServiceKit

extension ExportDataError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        .conflict("The export is over, has its data, or gets it from a later attempt.", code: "EXPORT_DATA_NOT_AWAITED")
    }
}
