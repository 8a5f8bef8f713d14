"""What becomes of each item: one judge for each, in a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from scanner import canon
from scanner.gate import items
from scanner.gate.case import Case, Judged, Leaked, aged, digests_of, files_of
from scanner.gate.evidence import Checks, NoEvidence, checks, helm_media, latest_backup, moment
from scanner.gate.items import CLASSES, FAIL, INCOMPLETE, MISSING, NA, PASS, STALE, UNTRUSTED, WAIVED, Item, Outcome
from scanner.gate.released import image, publish_job, source
from scanner.gate.runbook import Entry

_PULL_SECRET = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
# What must be among the checks after a restore: (what, words in their names)
NEEDED = (
    ("migrations", ("migrat",)), ("health endpoint", ("health",)), ("HTTPS smoke", ("https", "smoke")),
    ("login or admin", ("login", "admin")), ("representative workflow", ("workflow",)),
)  # fmt: skip


def judge(case: Case) -> list[Outcome]:
    """All items in order."""
    return [_outcome(item, case) for item in items.ITEMS]


def _outcome(item: Item, case: Case) -> Outcome:
    entry = case.entry(item.id)
    judged = _judged(item, entry, case)
    if judged.status not in items.FINE and judged.status not in (FAIL, UNTRUSTED) and entry.waiver is not None:
        waiver = entry.waiver
        if waiver.expires >= case.now.date():
            judged = replace(judged, status=WAIVED, said=f"waived by {waiver.owner} until {waiver.expires}: {waiver.reason}")
        else:
            judged = replace(judged, said=f"{judged.said}; the waiver by {waiver.owner} ran out on {waiver.expires}")
    owner = item.owner
    if item.id == "media" and judged.status in (MISSING, STALE):
        owner = items.PLATFORM
    return Outcome(item, judged.status, judged.said, owner, entry.workplan, judged.evidence)


def _judged(item: Item, entry: Entry, case: Case) -> Judged:
    if item.id != "artifact.pull-secret":
        told = {rule for texts in entry.said.values() for text in texts for rule in case.secrets(text.encode())}
        if told:
            return Judged(FAIL, f"what stands there looks like a secret to {', '.join(sorted(told))}; take it out, and rotate it")
    if item.critical_only and not case.critical:
        return Judged(NA, f"the data are {case.entry('data.class').get('class')}")
    if entry.na is not None and item.id in _MAY_BE_NA:
        return Judged(NA, entry.na)
    try:
        return _JUDGES[item.id](entry, case)
    except Leaked as problem:
        return Judged(FAIL, str(problem))
    except NoEvidence as problem:
        return Judged(INCOMPLETE, f"the evidence cannot be used: {problem}")


# -- the judges -------------------------------------------------------------------------------------------------------------


def _data_class(entry: Entry, case: Case) -> Judged:
    said = entry.get("class")
    if said is None:
        return Judged(MISSING, "the runbook does not say which class the data are of")
    return Judged(PASS, said) if said in CLASSES else Judged(FAIL, f"the class is none of {', '.join(CLASSES)}")


def _referenced(entry: Entry, case: Case) -> Judged:
    said = entry.get("reference") or entry.get("path")
    return Judged(PASS, said) if said else Judged(MISSING, "the runbook names none")


def _backup(entry: Entry, case: Case) -> Judged:
    files = files_of(entry, case)
    if not files:
        return Judged(MISSING, "no evidence of a backup is recorded")
    latest = max((latest_backup(data, entry.get("cluster")) for _, data in files), key=lambda one: one.stopped)
    return aged(latest.stopped, case.policy.backup_days, case, f"backup {latest.name} of {latest.cluster} completed", files)


def _drill(entry: Entry, case: Case) -> Judged:
    files = files_of(entry, case)
    if not files:
        return Judged(MISSING, "no restore drill is recorded")
    if entry.get("isolated") not in (None, "true", "yes"):
        return Judged(FAIL, "the drill was not isolated", digests_of(files))
    results = [done for _, data in files if (done := _checks_or_none(data)) is not None]
    failed = sorted({name for done in results for name in done.failed})
    if failed:
        return Judged(FAIL, f"{len(failed)} steps of the drill failed", digests_of(files))
    times = [done.when for done in results if done.when is not None]
    return aged(moment(entry.get("date")) or max(times, default=None), case.policy.drill_days, case, "restored", files)


def _checks_or_none(data: bytes) -> Checks | None:
    try:
        return checks(data)
    except NoEvidence:
        return None


def _app_checks(entry: Entry, case: Case) -> Judged:
    files = files_of(entry, case)
    if not files:
        return Judged(MISSING, "no checks after a restore are recorded")
    results = [checks(data) for _, data in files]
    failed = sorted({name for done in results for name in done.failed})
    if failed:
        return Judged(FAIL, f"{len(failed)} checks failed", digests_of(files))
    passed = " ".join(name.lower() for done in results for name in done.passed)
    lacking = [what for what, words in NEEDED if not any(word in passed for word in words)]
    if lacking:
        return Judged(INCOMPLETE, f"not among the checks: {', '.join(lacking)}", digests_of(files))
    times = [done.when for done in results if done.when is not None]
    return aged(moment(entry.get("date")) or min(times, default=None), case.policy.checks_days, case, "all passed", files)


def _no_leak(entry: Entry, case: Case) -> Judged:
    name = entry.get("assertion")
    if name is None:
        return Judged(MISSING, "no assertion is recorded")
    path = case.folder / name
    if not path.is_file():
        return Judged(INCOMPLETE, "the assertion that is named is not there")
    status, said = case.assertion(path, case.entry("artifact.source").get("commit"))
    return Judged(status, said, ((name, canon.digest(path.read_bytes())),))


def _pull_secret(entry: Entry, case: Case) -> Judged:
    name = entry.get("name")
    if name is None:
        return Judged(MISSING, "the runbook names no pull Secret")
    if not _PULL_SECRET.fullmatch(name) or case.secrets(name.encode()):
        return Judged(FAIL, "something else than namespace/name stands there; take it out, and rotate it if it was a value")
    return Judged(PASS, name)


def _media(entry: Entry, case: Case) -> Judged:
    files = files_of(entry, case, "values")
    enabled = [helm_media(data) for _, data in files]
    said = entry.get("enabled")
    if any(enabled) or said in ("true", "yes"):
        drill = _drill(entry, case)
        return replace(drill, said=f"media are enabled: {drill.said}")
    if False in enabled:
        return Judged(PASS, "persistence.media.enabled is false in the Helm values", digests_of(files))
    if files:
        return Judged(INCOMPLETE, "the Helm values do not say whether media are enabled", digests_of(files))
    if said in ("false", "no"):
        return Judged(INCOMPLETE, "the runbook says that media are disabled; name the Helm values that say it too")
    return Judged(MISSING, "the runbook does not say whether media are enabled")


_MAY_BE_NA = frozenset({
    "backup.mechanism", "artifact.image", "artifact.publish-job", "artifact.restore-drill", "artifact.pull-secret", "media",
})  # fmt: skip
_JUDGES: Mapping[str, Callable[[Entry, Case], Judged]] = {
    "data.class": _data_class,
    "backup.mechanism": _referenced,
    "backup.evidence": _backup,
    "restore.drill": _drill,
    "restore.app-checks": _app_checks,
    "rollback": _referenced,
    "secrets.no-leak": _no_leak,
    "artifact.image": image,
    "artifact.source": source,
    "artifact.publish-job": publish_job,
    "artifact.restore-drill": _drill,
    "artifact.pull-secret": _pull_secret,
    "media": _media,
}
