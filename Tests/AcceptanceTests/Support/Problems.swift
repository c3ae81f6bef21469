import StackTestSupport
import Synchronization

/// What a generated test found wrong, reported all at once.
final class Problems: Sendable {
    private let list = Mutex<[String]>([])
    private let kinds = Mutex<[String: Int]>([:])

    /// Everything found so far, one a line.
    var text: String { list.withLock { $0.prefix(60).joined(separator: "\n") } }
    var isEmpty: Bool { list.withLock { $0.isEmpty } }

    func add(_ problem: String) { list.withLock { $0.append(problem) } }

    /// Notes a problem; of many of one kind the first few, so that others are seen too.
    func add(_ problem: String, kind: String) {
        let count = kinds.withLock { kinds in
            kinds[kind, default: 0] += 1
            return kinds[kind, default: 0]
        }
        if count <= 4 { add(problem) }
    }

    /// Notes an answer that is not as it should be.
    func check(_ answer: TestResponse, _ what: String, _ isRight: (TestResponse) -> Bool) {
        if !isRight(answer) { add("\(what): \(answer.status) \(answer.text.prefix(300))") }
    }

    /// Notes an answer that blames the service.
    func checkNoServerError(_ answer: TestResponse, _ what: String) { check(answer, what) { $0.status < 500 } }
}
