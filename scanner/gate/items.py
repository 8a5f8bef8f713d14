"""The thirteen items of the gate, in the order in which a runbook records them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

APP, PLATFORM, FORGE = "app", "platform", "forge"
PASS, FAIL, MISSING, STALE = "PASS", "FAIL", "MISSING", "STALE"
UNTRUSTED, INCOMPLETE, WAIVED, NA = "UNTRUSTED", "INCOMPLETE", "WAIVED", "NA"
FINE = frozenset({PASS, WAIVED, NA})
CRITICAL = "production-critical"
CLASSES = ("disposable", "externally-reproducible", CRITICAL)


@dataclass(frozen=True, slots=True)
class Item:
    """What must be recorded, and who answers for it."""

    id: str
    title: str
    owner: str  # app | platform | forge
    todo: str  # what its owner does when it is not there
    keys: tuple[str, ...]  # what a runbook may say of it, besides waiver, na and workplan
    critical_only: bool = False  # needed only where the data or the artifact is production-critical


ITEMS = (
    Item("data.class", "Data class", APP, "say `class`: disposable, externally-reproducible or production-critical", ("class", "database")),
    Item("backup.mechanism", "Backup mechanism", PLATFORM, "name the workplan or document that owns the backup", ("reference",)),
    Item("backup.evidence", "Latest backup evidence", PLATFORM, "hand over the latest completed backup as the platform exports it",
         ("evidence", "cluster", "database"), critical_only=True),
    Item("restore.drill", "Restore drill", PLATFORM, "restore the database into an isolated environment, and record it",
         ("evidence", "date", "isolated"), critical_only=True),
    Item("restore.app-checks", "Checks after a restore", APP,
         "run migrations, health, HTTPS, login and a representative workflow after the restore", ("evidence", "date"), critical_only=True),
    Item("rollback", "Rollback or disable path", APP, "describe how the app is rolled back or switched off if the restore fails",
         ("path", "reference")),
    Item("secrets.no-leak", "No secret leaked", APP, "run `leakseal attest` on the release's commit", ("assertion",)),
    Item("artifact.image", "Image", APP, "name repository, tag and digest of the image", ("repository", "tag", "digest", "evidence")),
    Item("artifact.source", "Source", APP, "name the source commit and the package's version", ("commit", "version", "evidence")),
    Item("artifact.publish-job", "Publish job", FORGE, "name the forge's publish job, or its evidence",
         ("reference", "builder", "evidence")),
    Item("artifact.restore-drill", "Restore drill of packages", FORGE, "restore a package or blob of the forge, and record it",
         ("evidence", "date"), critical_only=True),
    Item("artifact.pull-secret", "Pull Secret", APP, "name the pull Secret as namespace/name, and nothing else", ("name",)),
    Item("media", "Media", APP, "keep media disabled in the Helm values, or record the restore of their storage",
         ("values", "enabled", "evidence", "date")),
)  # fmt: skip
BY_ID = {item.id: item for item in ITEMS}


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody's decision to go without an item for a while."""

    owner: str
    reason: str
    expires: date


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item: its status, a sentence, and the digests of what it rests on."""

    item: Item
    status: str
    said: str
    owner: str
    workplan: str | None = None  # where the owner's work is recorded
    evidence: tuple[tuple[str, str], ...] = field(default=())  # (reference, digest)

    @property
    def fine(self) -> bool:
        """Whether the gate is content with it."""
        return self.status in FINE

    @property
    def upstream(self) -> bool:
        """Whether it is somebody else's to bring, and they know."""
        return self.owner != APP and self.workplan is not None
