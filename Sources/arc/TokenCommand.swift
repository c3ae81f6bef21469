import ArgumentParser

/// `arc token`: creates a token for trying the API, or revokes tokens.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Create a development token, or revoke tokens.",
        discussion: """
              arc token --permission all
              arc token --permission 10207 --permission 10211 --tenant <tenant id>
              arc token --role TenantAdmin --tenant <tenant id>
              arc token revoke --token-file leaked.txt
            `arc help token create` lists the options of the first three.
            """,
        subcommands: [Create.self, Revoke.self], defaultSubcommand: Create.self)
}

extension TokenCommand {
    /// `arc token create`, which is what `arc token` alone does.
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Create a development token.",
            discussion: """
                Signed with JWT_SECRET (HS256, issuer JWT_ISSUER, audience TOKEN_AUDIENCE), or with the secret of the stack that
                `arc up` runs here. Only the token is printed to standard output:  TOKEN=$(arc token --permission all)
                """)

        @Option(name: .customLong("permission"), help: "A permission code, or `all`. May be repeated.")
        var permissions: [String] = []

        @Option(help: "The claim `role`, such as Support or TenantAdmin (GET /roles lists them).")
        var role: String?

        @Option(help: "The claim `tenantId`: limits the token to this tenant. Without it, it is an operator's token.")
        var tenant: String?

        @Option(help: "The claim `id`, the user (default: SYSTEM_USER_ID).")
        var user: String?

        @Option(help: "Lifetime in seconds.")
        var expires: Int = 86_400

        func validate() throws {
            guard expires > 0, expires <= 315_360_000 else {
                throw ValidationError("--expires must be 1 to 315360000.")
            }
            guard !permissions.isEmpty || role != nil else {
                throw ValidationError(
                    "Specify --permission all, --permission with a code such as 10207, or --role with a name such as Support."
                )
            }
        }

        func run() async throws {
            try CommandSupport.checkCurrentFolder(for: "arc token")
            CommandSupport.printLine(
                try await DevelopmentToken.mint(
                    permissions: permissions.contains("all") ? DevelopmentToken.allPermissions : permissions,
                    role: role,
                    tenant: tenant, user: user, lifetime: .seconds(expires)))
        }
    }
}
