/// Everything that can keep the local stack from starting, in words that say what to do.
package enum LocalStackError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Programs are missing; `packages` are the Debian packages that bring them.
    case missingPrograms([String], packages: [String])
    /// The data folder was made by a PostgreSQL whose programs are not installed.
    case wrongPostgresVersion(data: String, found: [String])
    /// Another `arc up` holds this home.
    case homeInUse(home: String, processIdentifier: Int32?)
    /// A folder or file of the home can't be made, read or written.
    case home(path: String, reason: String)
    /// The state file holds a line that is not `NAME=value` or lacks a value.
    case stateFile(path: String, reason: String)
    /// PostgreSQL refuses to run as root and there is no account to run it as.
    case noServerAccount(name: String)
    /// A service's port is taken.
    case portTaken(service: String, host: String, port: UInt16, variable: String)
    /// Two services were given one port.
    case samePort(port: UInt16, variables: [String])
    /// A port variable holds something that is not a port.
    case invalidPort(variable: String, value: String)
    /// No free port is to be had.
    case noFreePort
    /// A program can't be started at all.
    case cannotStart(program: String, reason: String)
    /// A set-up step failed; `detail` is what the program said last.
    case stepFailed(step: String, exit: ProcessExit, detail: String)
    /// A component ended or stayed silent before it was ready.
    case notReady(component: String, reason: String, log: String)
    /// The wish to stop came before everything was up.
    case stopped

    /// What went wrong and what to do.
    package var description: String {
        switch self {
        case .missingPrograms(let programs, let packages):
            """
            \(programs.joined(separator: " and ")) not found. Install with:
              sudo apt-get install --no-install-recommends \(packages.joined(separator: " "))
            or run `make deps`.
            """
        case .wrongPostgresVersion(let data, let found):
            "the data was made by PostgreSQL \(data), but only \(found.joined(separator: ", ")) is installed. "
                + "Install it with: sudo apt-get install postgresql-\(data)"
        case .homeInUse(let home, let identifier):
            "another `arc up`\(identifier.map { " (process \($0))" } ?? "") is using \(home). "
                + "Stop it, or give this one a home of its own: ARC_HOME=<folder>"
        case .home(let path, let reason): "\(path): \(reason)"
        case .stateFile(let path, let reason): "\(path): \(reason)"
        case .noServerAccount(let name):
            "PostgreSQL refuses to run as root and the user \(name) does not exist. "
                + "Run `arc up` as an ordinary user, or install the package postgresql, which brings the user."
        case .portTaken(let service, let host, let port, let variable):
            "port \(port) on \(host), wanted by \(service), is taken by another program. "
                + "Stop it, or choose another port: \(variable)=<port>"
        case .samePort(let port, let variables): "\(variables.joined(separator: " and ")) are both \(port)"
        case .invalidPort(let variable, let value): "\(variable) must be a port from 1 to 65535, not \"\(value)\""
        case .noFreePort: "no free port on 127.0.0.1"
        case .cannotStart(let program, let reason): "cannot start \(program): \(reason)"
        case .stepFailed(let step, let exit, let detail):
            "\(step) \(exit)" + (detail.isEmpty ? "" : ":\n\(detail)")
        case .notReady(let component, let reason, let log): "\(component) \(reason); its log: \(log)"
        case .stopped: "stopped before everything was up"
        }
    }
}
