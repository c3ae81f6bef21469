import JSONCoding
import PDFDocuments

extension OffboardingCertificate {
    /// A stored certificate as it is printed. It shows what was recorded, and nothing that was not.
    /// - Parameter stored: As ``json`` has made it.
    static func document(of stored: [UInt8], fontFamily: String) -> PDFDocument {
        let record = (try? JSONValue.parse(stored: stored)) ?? .null
        func text(_ name: String) -> String { record[name]?.stringValue ?? "" }
        let (name, key, tenant) = (text("tenantName"), text("tenantKey"), text("tenantId"))
        let (reason, requester) = (text("reason"), text("requestedBy"))
        let resources = record["removedResources"]?.arrayValue ?? []
        var details = ["Key \(key)", "Id \(tenant)", "Reason: \(reason)"]
        if !requester.isEmpty { details.append("Requested by \(requester)") }
        return PDFDocument(
            title: "Certificate", subtitle: "Removal of a tenant's resources, No. \(text("id"))",
            badge: PDFDocument.Badge("REMOVED", tone: .positive),
            recipient: PDFDocument.Recipient(label: "TENANT", name: name, lines: details),
            facts: [
                PDFDocument.Field("REQUESTED", date(text("requestedOn"))),
                PDFDocument.Field("GRACE PERIOD", "\(record["graceDays"]?.intValue ?? 0) days"),
                PDFDocument.Field("STARTED", date(text("startedOn"))),
                PDFDocument.Field("COMPLETED", date(text("completedOn"))),
            ],
            table: PDFDocument.Table(
                columns: [
                    PDFDocument.Table.Column("REMOVED RESOURCE", share: 1),
                    PDFDocument.Table.Column("IDENTIFIER", share: 2), PDFDocument.Table.Column("CREATED", share: 1),
                ],
                rows: resources.map { resource in
                    [
                        resource["type"]?.stringValue ?? "", resource["externalIdentifier"]?.stringValue ?? "",
                        date(resource["createdOn"]?.stringValue ?? ""),
                    ]
                }, totals: [PDFDocument.Field("Removed resources", "\(resources.count)")]),
            footer: "SHA-256 of the record: \(text("sha256"))", created: second(text("completedOn")),
            language: PrintableText.language(of: [name, reason], country: nil), fontFamily: fontFamily)
    }

    /// `2026-01-05T10:00:00.000Z` as `2026-01-05 10:00 UTC`.
    private static func date(_ instant: String) -> String {
        guard instant.utf8.count > 16 else { return "(none)" }
        return "\(instant.prefix(10)) \(instant.dropFirst(11).prefix(5)) UTC"
    }

    /// The instant without its fraction of a second.
    private static func second(_ instant: String) -> String {
        instant.isEmpty ? "1970-01-01T00:00:00Z" : instant.prefix { $0 != "." }.filter { $0 != "Z" } + "Z"
    }
}
