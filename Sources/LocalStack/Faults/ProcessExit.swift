/// How a process ended.
package enum ProcessExit: Sendable, Hashable, CustomStringConvertible {
    /// It returned this code.
    case code(Int32)
    /// This signal ended it.
    case signal(Int32)

    /// Whether it returned 0.
    package var isSuccess: Bool { self == .code(0) }

    /// For people: "exited with code 1".
    package var description: String {
        switch self {
        case .code(let code): "exited with code \(code)"
        case .signal(let number): "was ended by signal \(number)"
        }
    }
}
