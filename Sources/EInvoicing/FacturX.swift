/// What a PDF document with the data of an invoice says of itself (Factur-X 1.0, section 6).
package enum FacturX {
    /// The name of the file with the data.
    package static let fileName = "factur-x.xml"

    /// The metadata as XMP.
    package static func metadata(title: String) -> String {
        var xml = XMLText()
        xml.element("x:xmpmeta", [("xmlns:x", "adobe:ns:meta/")]) { xml in
            xml.element("rdf:RDF", [("xmlns:rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#")]) { xml in
                xml.element(
                    "rdf:Description", [("rdf:about", ""), ("xmlns:dc", "http://purl.org/dc/elements/1.1/")]
                ) { xml in
                    xml.element("dc:title") { xml in
                        xml.element("rdf:Alt") { $0.element("rdf:li", title, [("xml:lang", "x-default")]) }
                    }
                }
                xml.element(
                    "rdf:Description",
                    [("rdf:about", ""), ("xmlns:fx", "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#")]
                ) { xml in
                    xml.element("fx:DocumentType", "INVOICE")
                    xml.element("fx:DocumentFileName", fileName)
                    xml.element("fx:Version", "1.0")
                    xml.element("fx:ConformanceLevel", "EN 16931")
                }
            }
        }
        let body = xml.text.split(separator: "\n").dropFirst().joined(separator: "\n")
        return "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\(body)\n<?xpacket end=\"r\"?>\n"
    }
}
