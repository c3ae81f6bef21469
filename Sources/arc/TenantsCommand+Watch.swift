import ArgumentParser
import AsyncHTTPClient
import JSONCoding
import LocalStack
import NIOCore
import NIOHTTP1
import Primitives
import ServiceKit

extension TenantsCommand {
    /// `arc tenants watch`: follows the provisioning of a tenant.
    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow how a tenant is provisioned, moved or removed, until that ends.",
            discussion: """
                Prints each change of a step, and how long the rest takes by earlier runs. The exit status is 0 when the request
                has succeeded (the tenant is ACTIVE, or removed), 1 when it has failed, and 2 when --timeout is over.

                Goes on while tenant management is away. For another stack than that of `arc up`, set --url, and ARC_TOKEN or
                JWT_SECRET.
                """)

        @Argument(help: "The tenant's id.")
        var tenant: String
        @Option(help: "URL of tenant management (default: the stack of `arc up`, or http://127.0.0.1:3005).")
        var url: String?
        @Option(help: "Seconds after which to give up (default: never).")
        var timeout: Int?
        @Option(help: "Milliseconds between two requests, 50 to 60000.")
        var interval: Int = 1000
        @Flag(help: "Print the request as one line of JSON after each change.")
        var json = false

        func validate() throws {
            guard Identifier(tenant) != nil else { throw ValidationError("The tenant must be a UUID.") }
            guard (50...60_000).contains(interval) else {
                throw ValidationError("--interval must be 50 to 60000 milliseconds.")
            }
            guard timeout.map({ (1...31_536_000).contains($0) }) ?? true else {
                throw ValidationError("--timeout must be 1 to 31536000 seconds.")
            }
            if let url, !url.hasPrefix("http://"), !url.hasPrefix("https://") {
                throw ValidationError("--url must be an http or https URL.")
            }
        }

        func run() async throws {
            CommandSupport.bootstrapQuietLogging()
            let stack = try CommandSupport.stack(for: "arc tenants watch")
            let base = try url ?? stack?.environment.url(of: .tenantManagement) ?? "http://127.0.0.1:3005"
            let token = try await DevelopmentToken.credential(
                for: "arc tenants watch",
                permissions: [PermissionCatalog.viewProvisioning, PermissionCatalog.viewTenant],
                lifetime: .seconds(86_400))
            let reader = TenantReader(base: base.hasSuffix("/") ? String(base.dropLast()) : base, token: token)
            let deadline = timeout.map { ContinuousClock.now.advanced(by: .seconds($0)) }
            if try await !follow(reader, until: deadline) { throw ExitCode(2) }
        }

        /// - Returns: False when the deadline has passed.
        private func follow(_ reader: TenantReader, until deadline: ContinuousClock.Instant?) async throws -> Bool {
            var progress = ProvisioningWatch()
            var isAway = false
            var tag: String?
            while deadline.map({ .now < $0 }) ?? true {
                switch await reader.provisioning(of: tenant, unless: tag) {
                case .unchanged: isAway = false
                case .found(let runs, let newTag):
                    (isAway, tag) = (false, newTag)
                    let newest = runs.arrayValue?.first
                    let lines = progress.changes(newest)
                    if json, let newest, !lines.isEmpty {
                        CommandSupport.printLine(newest.serializedText())
                    } else if !json {
                        for line in lines { CommandSupport.printLine(line) }
                    }
                case .refused(let reason): throw CommandSupport.fail("arc tenants watch: \(reason)")
                case .away(let reason):
                    if !isAway { CommandSupport.printError("arc tenants watch: \(reason); trying again") }
                    isAway = true
                }
                switch progress.verdict {
                case .succeeded?: return true
                case .failed?: throw ExitCode.failure
                case nil: break
                }
                // Without a request only the tenant says how it is.
                if progress.isEmpty, !isAway, let status = await reader.status(of: tenant) {
                    if status == 0 { return true }
                    if status == 3 { throw CommandSupport.fail("The tenant is PROVISIONFAILED.") }
                }
                try await Task.sleep(for: .milliseconds(interval))
            }
            CommandSupport.printError("arc tenants watch: not over after \(timeout ?? 0) s")
            return false
        }
    }
}

/// Reads what tenant management shows of a tenant.
private struct TenantReader {
    let base: String
    let token: String

    enum Answer {
        /// The array of requests, and its entity tag.
        case found(JSONValue, tag: String?)
        /// Nothing has changed since the tag.
        case unchanged
        /// It makes no sense to ask again.
        case refused(String)
        /// It may answer later.
        case away(String)
    }

    private static let maximumBytes = 8 << 20

    func provisioning(of tenant: String, unless tag: String?) async -> Answer {
        var request = request("/tenants/\(tenant)/provisioning?filter=%7B%22limit%22%3A1%7D")
        if let tag { request.headers.add(name: "If-None-Match", value: tag) }
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
            let status = Int(response.status.code)
            switch status {
            case 304: return .unchanged
            case 200:
                let bytes = Array(try await response.body.collect(upTo: Self.maximumBytes).readableBytesView)
                return .found(try JSONValue.parse(bytes), tag: response.headers.first(name: "etag"))
            case 401: return .refused("the token is not accepted (401); see ARC_TOKEN and JWT_SECRET")
            case 403: return .refused("the token lacks the permission \(PermissionCatalog.viewProvisioning) (403)")
            case 404: return .refused("there is no tenant \(tenant) (404)")
            case 429, 500...: return .away("\(base) answered \(status)")
            default: return .refused("\(base) answered \(status)")
            }
        } catch {
            return .away("\(base) does not answer")
        }
    }

    /// The tenant's status; nil when it cannot be read.
    func status(of tenant: String) async -> Int? {
        guard
            let response = try? await HTTPClient.shared.execute(request("/tenants/\(tenant)"), timeout: .seconds(10)),
            response.status == .ok, let body = try? await response.body.collect(upTo: Self.maximumBytes)
        else { return nil }
        return (try? JSONValue.parse(Array(body.readableBytesView)))?["status"]?.intValue
    }

    private func request(_ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + path)
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        return request
    }
}
