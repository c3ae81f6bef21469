import ArgumentParser
import ConfigurationChecks
import FoundationEssentials
import LocalStack
import PostgresClient

/// `arc config`: what is configured, and the document of what can be.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Show the settings of a service, or update their documents.",
        subcommands: [Show.self, Document.self, Defaults.self])

    /// `arc config show`: the settings of a service with their sources.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the effective settings of a service with their sources; secrets are hidden.",
            discussion: """
                Reads the environment, .env.docker and .env.defaults as `arc serve` would do it: run it in the container of the
                service. A setting that cannot be used, or is missing, is marked, and then the command ends with exit code 1.

                  arc config show tenant-management
                  arc config show orchestrator --set --json
                """)

        @Argument(help: "tenant-management, subscription or orchestrator.")
        var service: ServiceName

        @Flag(help: "Leave out settings that are not set.")
        var set = false

        @Flag(help: "Print JSON lines instead of a table.")
        var json = false

        func run() async throws {
            CommandSupport.bootstrapQuietLogging()
            let sources = try EnvironmentReader.sources(environment: CommandSupport.environment)
            let settings = EffectiveSetting.all(of: service.settings, in: sources)
                .filter { !set || $0.source != nil || $0.problem != nil }
            for line in json ? settings.map(\.json) : EffectiveSetting.table(settings) {
                CommandSupport.printLine(line)
            }
            if settings.contains(where: { $0.problem != nil }) { throw ExitCode.failure }
        }
    }

    /// `arc config document`: the tables of docs/configuration.md.
    struct Document: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Update the tables of settings in a document.",
            discussion: """
                A table is between `<!-- settings: NAME -->` and `<!-- end of settings -->`. Everything else stays as it is.

                  arc config document docs/configuration.md
                """)

        @Argument(help: "Path of the document.")
        var path: String

        func run() async throws {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw CommandSupport.fail(
                    "arc config document: \(path) cannot be read as text. Name a document that exists.")
            }
            do {
                let updated = try ServiceName.settingsDocument.updating(text)
                try Data(updated.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
            } catch {
                throw CommandSupport.fail("arc config document: \(path) was not updated: \(error)")
            }
        }
    }

    /// `arc config defaults`: the text of `.env.defaults`.
    struct Defaults: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a .env file with every setting and its default, as comments.",
            discussion: """
                  arc config defaults > .env.defaults
                """)

        func run() async throws {
            CommandSupport.printText(ServiceName.settingsDocument.defaultsFile)
        }
    }
}

extension ServiceName {
    /// The tables of docs/configuration.md.
    static var settingsDocument: SettingsDocument {
        SettingsDocument(
            allCases.map { ($0.rawValue.replacing("-", with: " "), $0.settings) },
            programs: [
                ("arc migrate", PostgresConfiguration.migrationKeys), ("arc", StackSettings.configurationKeys),
            ])
    }
}
