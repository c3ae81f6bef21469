import ArgumentParser
import AsyncHTTPClient
import LocalStack
import ServiceKit

/// `arc demo`: the main job against a running stack.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Drive the main job over HTTP: a prospect becomes a paying, provisioned tenant.",
        discussion: """
            Each step is shown with its time and result; the exit status is not 0 when one is not as it must be.
            Run it beside `arc up`. Against another stack, say where it is, where its mails land and JWT_SECRET.
            """)

    @Option(help: "Tenant management; default: the stack of `arc up`, or http://127.0.0.1:3005.")
    var url: String?

    @Option(help: "The subscription service; default: the stack of `arc up`, or http://127.0.0.1:3002.")
    var subscriptionURL: String?

    @Option(help: "Folder into which the services write mails; default $ARC_HOME/outbox.")
    var outbox: String?

    @Flag(help: "Print one JSON object instead of lines.")
    var json = false

    func run() async throws {
        CommandSupport.bootstrapQuietLogging()
        let stack = try CommandSupport.stack()
        let report = DemoReport(isJSON: json)
        let token = try await TokenCommand.mint(permissions: TokenCommand.allPermissions, lifetime: .seconds(900))
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
