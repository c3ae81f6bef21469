/// What happens while a stack starts, runs and stops, for a terminal.
package enum StackEvent: Sendable, CustomStringConvertible {
    /// A step of the start begins.
    case step(String)
    /// Something that deserves attention but stops nothing.
    case warning(String)
    /// A component logged a warning or an error.
    case alarm(component: String, line: String)
    /// A component answers, but is not ready yet.
    case waiting(component: String, log: String)
    /// A component ended unexpectedly and will be started again. `detail` is the end of its log and what to do.
    case crashed(component: String, exit: String, restartIn: Duration, log: String, detail: String)
    /// A component is ready again after a crash.
    case recovered(component: String)
    /// A component has ended on request.
    case ended(component: String, wasKilled: Bool)

    /// One line, or a few after a crash.
    package var description: String {
        switch self {
        case .step(let text): text
        case .warning(let text): "warning: \(text)"
        case .alarm(let component, let line): "[\(component)] \(line)"
        case .waiting(let component, let log): "\(component) is running but not ready yet; waiting. Its log: \(log)"
        case .crashed(let component, let exit, let delay, let log, let detail):
            "\(component) \(exit); starting it again in \(delay). Its log: \(log)"
                + (detail.isEmpty
                    ? "" : "\n" + detail.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
        case .recovered(let component): "\(component) is ready again"
        case .ended(let component, let wasKilled): "\(component) stopped\(wasKilled ? " (it had to be killed)" : "")"
        }
    }
}
