import Synchronization

/// The roles that a process goes by. What keeps the outcome of an expansion is told when they change, so that a request costs
/// nothing, and a role that was taken away is not used any longer.
package final class RoleBook: Sendable {
    private struct State {
        var file: [Role]
        var own: [Role] = []
        var catalog: RoleCatalog
        var observers: [@Sendable () -> Void] = []
    }

    private let state: Mutex<State>

    /// - Parameter file: Roles of `ROLES_FILE`.
    package init(file: [Role] = []) {
        state = Mutex(State(file: file, catalog: RoleCatalog(file: file)))
    }

    package var catalog: RoleCatalog { state.withLock { $0.catalog } }

    /// Roles of `ROLES_FILE` that take the place of some of ``replaceOwn(_:)``.
    package var file: [Role] { state.withLock { $0.file } }

    /// Calls a function after each change. It must not use the book.
    package func onChange(_ observer: @escaping @Sendable () -> Void) {
        state.withLock { $0.observers.append(observer) }
    }

    /// Replaces the roles of the file.
    package func replaceFile(_ roles: [Role]) { change { $0.file = roles } }

    /// Replaces the roles of `/roles`.
    package func replaceOwn(_ roles: [Role]) { change { $0.own = roles } }

    private func change(_ change: (inout State) -> Void) {
        let observers = state.withLock { state -> [@Sendable () -> Void] in
            change(&state)
            let catalog = RoleCatalog(file: state.file, own: state.own)
            guard catalog != state.catalog else { return [] }
            state.catalog = catalog
            return state.observers
        }
        for observer in observers { observer() }
    }
}
