"""Reads a request as the protocol's published definition does: an unknown field or a wrong type is an error."""

import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

with open(sys.argv[1], encoding="utf-8") as file:
    request = json_format.Parse(file.read(), ExportLogsServiceRequest())
for resource in request.resource_logs:
    names = {attribute.key for attribute in resource.resource.attributes}
    assert {"service.name", "host.name"} <= names, names
    for scope in resource.scope_logs:
        for record in scope.log_records:
            values = {attribute.key: attribute.value for attribute in record.attributes}
            number = values["cashcow.number"].int_value
            print(number, record.severity_number, record.event_name, record.body.string_value)
