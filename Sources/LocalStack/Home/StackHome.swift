/// The folder with all files of one local stack: `$ARC_HOME`.
package struct StackHome: Sendable, Hashable {
    /// The absolute path of the folder.
    package let path: String

    /// - Parameters:
    ///   - path: `$ARC_HOME`; empty or nil is `.arc`. A relative path starts at `currentFolder`.
    ///   - currentFolder: an absolute path.
    package init(path: String?, currentFolder: String) {
        let wanted = path.flatMap { $0.isEmpty ? nil : $0 } ?? ".arc"
        let absolute = wanted.hasPrefix("/") ? wanted : "\(currentFolder)/\(wanted)"
        var parts: [Substring] = []
        for part in absolute.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        self.path = "/" + parts.joined(separator: "/")
    }

    /// Ports and generated secrets, mode 0600, `NAME=value` lines that a shell can read.
    package var stateFile: String { "\(path)/state.env" }
    /// Locked while an `arc up` runs on this home; contains its process id.
    package var lockFile: String { "\(path)/lock" }
    /// The children that were started.
    package var processFile: String { "\(path)/processes" }
    /// One log file per component.
    package var logFolder: String { "\(path)/logs" }
    /// Mails of the development transport, one file each.
    package var outboxFolder: String { "\(path)/outbox" }
    /// Data of PostgreSQL and Redis, unless their account cannot enter the home.
    package var dataFolder: String { "\(path)/data" }

    /// The log file of a component.
    package func logFile(_ component: String) -> String { "\(logFolder)/\(component).log" }
}
