import ArgumentParser
import ConfigurationChecks
import JSONCoding
import LocalStack
import Logging
import ServiceKit

/// `arc openapi`: prints the OpenAPI document of a service.
struct OpenAPICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi", abstract: "Print a service's OpenAPI 3.1 document.")

    @Argument(help: "tenant-management, subscription or orchestrator.")
    var service: ServiceName

    func run() async throws {
        CommandSupport.bootstrapQuietLogging()
        let reader = try EnvironmentReader.make(bound: ServiceName.documentDefaults, environment: [:])
        let http = try await service.make(reader: reader, logger: Logger(label: "arc.openapi"))
        CommandSupport.printLine(try JSONValue.parse(stored: http.document.json()).indented())
    }
}
