"""The part of SARIF 2.1.0 that Leakseal writes, as a schema that is stricter than the official one: no other key, and no snippet."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def closed(*optional_last: Schema, **required: Schema) -> Schema:
    """An object with these keys and no others; a dictionary at the end names the ones that may be absent."""
    optional = optional_last[0] if optional_last else {}
    return {"type": "object", "additionalProperties": False, "required": sorted(required), "properties": {**required, **optional}}


def each(item: Schema, **more: Any) -> Schema:
    """A list of these."""
    return {"type": "array", "items": item, **more}


TEXT: Schema = {"type": "string"}
LEVEL: Schema = {"enum": ["none", "note", "warning", "error"]}
FROM_ONE: Schema = {"type": "integer", "minimum": 1}
ADDRESS: Schema = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9+.-]*://[!-~]*$"}
REFERENCE: Schema = {"type": "string", "pattern": "^(file:///)?([A-Za-z0-9/_.~-]|%[0-9A-F]{2})*$"}
MESSAGE = closed(text={"type": "string", "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$"})
ARTIFACT = closed({"uriBaseId": TEXT}, uri=REFERENCE)
REGION = closed({"startColumn": FROM_ONE, "endLine": FROM_ONE, "endColumn": FROM_ONE}, startLine=FROM_ONE)
PHYSICAL = closed({"region": REGION}, artifactLocation=ARTIFACT)
LOCATION: Schema = {
    "oneOf": [closed(physicalLocation=PHYSICAL), closed(logicalLocations=each(closed(name=TEXT, fullyQualifiedName=TEXT), minItems=1))]
}
RULE = closed(
    id=TEXT, name=TEXT, shortDescription=MESSAGE, help=MESSAGE, defaultConfiguration=closed(level=LEVEL),
    properties=closed(**{"security-severity": {"pattern": r"^(10|[0-9])\.[0-9]$"}, "tags": each(TEXT, uniqueItems=True)}),
)  # fmt: skip
NOTIFICATION = closed({"locations": each(LOCATION, uniqueItems=True)}, descriptor=closed(id=TEXT), level=LEVEL, message=MESSAGE)
INVOCATION = closed(
    {"startTimeUtc": TEXT, "endTimeUtc": TEXT},
    executionSuccessful={"type": "boolean"}, exitCode={"enum": [0, 1, 3]}, toolExecutionNotifications=each(NOTIFICATION),
)  # fmt: skip
SUPPRESSION = closed(kind={"enum": ["inSource", "external"]}, status={"const": "accepted"}, justification=TEXT)
RESULT = closed(
    {"suppressions": each(SUPPRESSION, minItems=1, uniqueItems=True)},
    ruleId=TEXT, ruleIndex={"type": "integer", "minimum": 0}, level=LEVEL, message=MESSAGE, locations=each(LOCATION, minItems=1),
    partialFingerprints=closed(**{"leaksealFinding/v1": TEXT}), properties={"type": "object"},
)  # fmt: skip
RUN = closed(
    {
        "versionControlProvenance": each(closed(repositoryUri=ADDRESS, revisionId=TEXT), uniqueItems=True),
        "originalUriBaseIds": {"type": "object", "additionalProperties": closed(description=MESSAGE)},
    },
    tool=closed(driver=closed({"version": TEXT}, name={"type": "string", "minLength": 1}, rules=each(RULE, uniqueItems=True))),
    columnKind={"const": "unicodeCodePoints"}, invocations=each(INVOCATION, minItems=1), results=each(RESULT),
    properties={"type": "object"},
)  # fmt: skip
LOG = closed(**{"$schema": ADDRESS, "version": {"const": "2.1.0"}, "runs": each(RUN, minItems=1, maxItems=1)})
