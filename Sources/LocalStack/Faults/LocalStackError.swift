/// Everything that can prevent the local stack from starting, in words that say what to do.
package enum LocalStackError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Programs are missing; `packages` are the Debian packages that bring them.
    case missingPrograms([String], packages: [String])
    /// The data folder was created by a version of PostgreSQL that is not installed.
    case wrongPostgresVersion(data: String, found: [String])
    /// Another `arc up` holds this home.
    case homeInUse(home: String, processIdentifier: Int32?)
    /// A folder or file cannot be created, read or written.
    case path(PathFault)
    /// The account of the servers cannot enter any folder for their data.
    case noDataFolder(path: String, account: String)
    /// The current folder was deleted.
    case noCurrentFolder
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
    /// There is no free port.
    case noFreePort
    /// A program cannot be started.
    case cannotStart(program: String, reason: String)
    /// A set-up step failed; `detail` is what the program said last.
    case stepFailed(step: String, exit: ProcessExit, detail: String)
    /// A component ended or stayed silent before it was ready.
    case notReady(component: String, reason: String, log: String)
    /// The stack was asked to stop before everything was ready.
    case stopped

    /// The exit status of a command that fails with this error: 73 (EX_CANTCREAT of sysexits.h) for paths, else 1.
    package var exitStatus: Int32 {
        switch self {
        case .path, .noDataFolder, .noCurrentFolder, .stateFile: 73
        default: 1
        }
    }

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
            "the data was created by PostgreSQL \(data), but only \(found.joined(separator: ", ")) is installed. "
                + "Install it with: sudo apt-get install postgresql-\(data)"
        case .homeInUse(let home, let identifier):
            "another `arc up`\(identifier.map { " (process \($0))" } ?? "") is using \(home). "
                + "Stop it, or set ARC_HOME to another folder."
        case .path(let fault): fault.description
        case .noDataFolder(let path, let account):
            "The user \(account) cannot enter \(path), where PostgreSQL and Redis would keep their data."
        case .noCurrentFolder: "The current folder no longer exists. Change to another one and try again."
        case .stateFile(let path, let reason): "\(path): \(reason)"
        case .noServerAccount(let name):
            "PostgreSQL refuses to run as root and the user \(name) does not exist. "
                + "Run `arc up` as an ordinary user, or install the package postgresql, which brings the user."
        case .portTaken(let service, let host, let port, let variable):
            "port \(port) on \(host), which \(service) needs, is in use by another program. "
                + "Stop it, or set \(variable) to another port."
        case .samePort(let port, let variables): "\(variables.joined(separator: " and ")) are both \(port)"
        case .invalidPort(let variable, let value): "\(variable) must be a port from 1 to 65535, not \"\(value)\""
        case .noFreePort: "no free port on 127.0.0.1"
        case .cannotStart(let program, let reason): "cannot start \(program): \(reason)"
        case .stepFailed(let step, let exit, let detail):
            "\(step) \(exit)" + (detail.isEmpty ? "" : ":\n\(detail)")
        case .notReady(let component, let reason, let log): "\(component) \(reason); its log: \(log)"
        case .stopped: "stopped before everything was ready"
        }
    }
}
