import JSONCoding

extension Notification {
    /// The stored form, before it is encrypted.
    var content: [UInt8] {
        let value: JSONValue
        switch self {
        case .leadVerification(let to, let name, let link):
            value = ["type": .string(type), "to": .string(to), "name": .string(name), "link": .string(link)]
        case .leadKnown(let to): value = ["type": .string(type), "to": .string(to), "name": "", "link": ""]
        case .tenantWelcome(let to, let tenant, let user, let link):
            value = [
                "type": .string(type), "to": .string(to), "name": .string(tenant), "user": .string(user),
                "link": .string(link),
            ]
        case .webhookDisabled(let to, let host, let reason):
            value = [
                "type": .string(type), "to": .string(to), "name": .string(host), "link": "", "reason": .string(reason),
            ]
        case .billing(let to, let notice):
            let members: [(String, JSONValue)] = [("type", .string(type)), ("to", .string(to)), ("link", "")]
            value = .object(JSONObject(members + notice.members))
        case .invoice(let to, let notice):
            let members: [(String, JSONValue)] = [
                ("type", .string(type)), ("to", .string(to)), ("link", .string(notice.link ?? "")),
            ]
            value = .object(JSONObject(members + notice.members))
        }
        return value.serialized()
    }

    init?(content: [UInt8]) {
        guard let value = try? JSONValue.parse(content), let to = value["to"]?.stringValue,
            let name = value["name"]?.stringValue, let link = value["link"]?.stringValue
        else { return nil }
        switch value["type"]?.stringValue {
        case "validate_lead": self = .leadVerification(to: to, name: name, link: link)
        case "lead_known": self = .leadKnown(to: to)
        case "tenant_welcome":
            self = .tenantWelcome(to: to, tenant: name, user: value["user"]?.stringValue ?? "", link: link)
        case "webhook_disabled":
            self = .webhookDisabled(to: to, host: name, reason: value["reason"]?.stringValue ?? "")
        case "billing_notice":
            guard let notice = BillingNotice(value) else { return nil }
            self = .billing(to: to, notice)
        case "invoice_notice":
            guard let notice = InvoiceNotice(content: value) else { return nil }
            self = .invoice(to: to, notice)
        default: return nil
        }
    }
}
