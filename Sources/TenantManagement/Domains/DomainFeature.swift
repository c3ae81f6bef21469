import DNSClient
import Logging
import ServiceKit
import ServicePlatform

/// The mail domains of tenants, and how they are proven.
struct DomainFeature: ServiceFeature {
    static let configurationKeys = DomainConfiguration.configurationKeys

    let operations: [Operation]

    init(_ core: TenantManagementCore) throws {
        let platform = core.platform
        let configuration = try DomainConfiguration(reader: platform.reader)
        for warning in configuration.warnings { platform.logger.warning("\(warning)") }
        operations =
            DomainController(
                service: DomainService(
                    repository: core.domains,
                    dns: DNSResolver(configuration: configuration.dns),
                    publicSuffixes: configuration.publicSuffixes, cache: core.cache, logger: platform.logger),
                limiter: platform.limiter, verificationLimit: configuration.verificationLimit
            ).operations
    }
}
