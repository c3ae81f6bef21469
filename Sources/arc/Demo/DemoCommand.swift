import ArgumentParser
import AsyncHTTPClient
import LocalStack
import ServiceKit

/// `arc demo`: runs the end-to-end scenario against a running stack.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run an end-to-end scenario over HTTP: a prospect becomes a paying, provisioned tenant.",
        discussion: """
            Prints each step with its duration and result. The exit status is 1 when a step fails.
            Run it while `arc up` is running. For another stack, set --url, --subscription-url, --outbox and JWT_SECRET.
            """)

    @Option(help: "URL of tenant management (default: the stack of `arc up`, or http://127.0.0.1:3005).")
    var url: String?

    @Option(help: "URL of the subscription service (default: the stack of `arc up`, or http://127.0.0.1:3002).")
    var subscriptionURL: String?

    @Option(help: "Folder where the services write mails (default: $ARC_HOME/outbox).")
    var outbox: String?

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func run() async throws {
        CommandSupport.bootstrapQuietLogging()
        let stack = try CommandSupport.stack(for: "arc demo")
        let report = DemoReport(isJSON: json)
        let token = try await DevelopmentToken.mint(
            permissions: DevelopmentToken.allPermissions, lifetime: .seconds(900))
        let story = DemoStory(
            tenantManagement: try url ?? stack?.environment.url(of: .tenantManagement) ?? "http://127.0.0.1:3005",
            subscription: try subscriptionURL ?? stack?.environment.url(of: .subscription) ?? "http://127.0.0.1:3002",
            client: DemoClient(client: .shared),
            outbox: MailOutbox(folder: outbox ?? stack?.home.outboxFolder ?? ".arc/outbox"), token: token,
            report: report)
        do {
            try await story.run()
        } catch {
            await report.finish(succeeded: false)
            throw ExitCode.failure
        }
        await report.finish(succeeded: true)
    }
}
