import JSONCoding

extension JSONObject {
    /// The JSON text of a certificate with these members. Its last member, `sha256`, is the SHA-256 in hexadecimal of the same text
    /// without it.
    var certificateText: [UInt8] {
        var content = self
        content["sha256"] = .string(ArchiveManifest.checksum(JSONValue.object(self).serialized()))
        return JSONValue.object(content).serialized()
    }
}
