import Synchronization
import TestSupport

/// What a generated test found wrong, told all at once.
final class Problems: Sendable {
    private let list = Mutex<[String]>([])

    /// Everything found so far, one a line.
    var text: String { list.withLock { $0.prefix(60).joined(separator: "\n") } }
    var isEmpty: Bool { list.withLock { $0.isEmpty } }

    func add(_ problem: String) { list.withLock { $0.append(problem) } }

    /// Notes an answer that is not as it should be.
    func check(_ answer: TestResponse, _ what: String, _ isRight: (TestResponse) -> Bool) {
        if !isRight(answer) { add("\(what): \(answer.status) \(answer.text.prefix(300))") }
    }

    /// Notes an answer that blames the service.
    func checkNoServerError(_ answer: TestResponse, _ what: String) { check(answer, what) { $0.status < 500 } }
}
