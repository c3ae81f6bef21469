import Entities
import JSONCoding
import Primitives

/// The limits of an error response, in bytes and in number.
///
/// Text from the request appears in messages, paths and values of an error, sometimes many times. Without limits, a small
/// request could produce a very large response.
enum FailureBounds {
    /// Bytes of a message.
    static let message = 2048
    /// Bytes of a path: of the request, or a JSON pointer.
    static let path = 1024
    /// Bytes of each text in the `info` of a detail.
    static let info = 512
    /// Details of an answer.
    static let details = 100
    /// Bytes of all details of an answer, before escaping. Escaping makes at most six bytes of one.
    static let detailBytes = 32 * 1024
    /// Code of the detail that reports that others were omitted.
    static let omittedCode = "omitted"
}

extension HTTPFailure {
    /// The failure with texts and details within ``FailureBounds``. When details are left out, the last one says so.
    func bounded() -> HTTPFailure {
        var failure = self
        if case .string(let text) = message {
            failure.message = .string(text.shortened(toBytes: FailureBounds.message))
        }
        failure.syntaxError = syntaxError?.shortened(toBytes: FailureBounds.message)
        guard !details.isEmpty else { return failure }
        var kept: [ValidationDetail] = []
        var room = FailureBounds.detailBytes
        for detail in details.prefix(FailureBounds.details) {
            let bounded = detail.bounded()
            room -= bounded.size
            guard room >= 0 else { break }
            kept.append(bounded)
        }
        let omitted = details.count - kept.count
        if omitted > 0 {
            kept.append(
                ValidationDetail(
                    path: "", code: FailureBounds.omittedCode,
                    message: "Further violations are not listed. Correct these first.",
                    info: ["omitted": .integer(omitted)]))
        }
        failure.details = kept
        return failure
    }
}

extension ValidationDetail {
    fileprivate func bounded() -> ValidationDetail {
        ValidationDetail(
            path: path.shortened(toBytes: FailureBounds.path), code: code,
            message: message.shortened(toBytes: FailureBounds.message),
            info: JSONObject(
                info.map { name, value in
                    guard case .string(let text) = value else { return (name, value) }
                    return (name, .string(text.shortened(toBytes: FailureBounds.info)))
                }))
    }

    /// Bytes that its texts take; the names of its members and fixed lists are estimated.
    fileprivate var size: Int {
        info.reduce(64 + path.utf8.count + code.utf8.count + message.utf8.count) { size, member in
            size + member.key.utf8.count + (member.value.stringValue?.utf8.count ?? 32)
        }
    }
}
