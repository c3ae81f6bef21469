import Logging
import ServiceKit
import ServiceLifecycle
import Synchronization

/// Makes `GET /roles` show the built-in roles and those of `ROLES_FILE`, at start and after the file has changed.
final class RoleListing: Service {
    private let repository: RoleRepository
    private let book: RoleBook
    private let logger: Logger
    private let listed = Mutex<[Role]?>(nil)

    init(repository: RoleRepository, book: RoleBook, logger: Logger) {
        self.repository = repository
        self.book = book
        self.logger = logger
    }

    func run() async throws {
        await PeriodicWork.run("role_list", every: .seconds(2)) { await self.look() }
    }

    private func look() async {
        let file = book.file
        guard listed.withLock({ $0 }) != file else { return }
        do {
            let hidden = try await repository.list(file: file)
            listed.withLock { $0 = file }
            guard !hidden.isEmpty else { return }
            logger.warning(
                "Roles of /roles have no effect, because built-in roles or roles of ROLES_FILE have their names",
                metadata: ["roles": "\(hidden.joined(separator: ", "))"])
        } catch {
            logger.debug("The list of roles could not be brought up to date", metadata: ["error": "\(error)"])
        }
    }
}
