"""A report -> what to rewrite in a repository's history and what to rotate; the values themselves are for a person to fill in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scanner.model.evidence import Finding
from scanner.model.report import Report
from scanner.report.plain import count, place, printable

REMOVED = "***REMOVED***"
REPLACEMENTS, PATHS, MAILMAP = "replacements.txt", "paths.txt", "mailmap.txt"
_KEYS = f"regex:(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----==>{REMOVED}"
_PEOPLE = ("author", "committer", "tagger")
_TEXTS = (None, "note", "commit-message", "tag-message")  # what is replaced in objects; any other field is of what a blob holds


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do: findings by the way in which they go, and the files that git-filter-repo is given."""

    text: tuple[Finding, ...]  # replaced in every blob and message
    whole: tuple[Finding, ...]  # encoded, or inside of another file: the paths go as a whole
    people: tuple[Finding, ...]  # names and addresses
    names: tuple[Finding, ...]  # of files
    own: tuple[Finding, ...]  # the repository's own files
    rotate: tuple[Finding, ...]  # everything, on every surface

    @property
    def rewrites(self) -> bool:
        """Whether history must be rewritten."""
        return bool(self.text or self.whole or self.people or self.names)

    def files(self) -> dict[str, str]:
        """The files for git-filter-repo, by name; a value stands nowhere in them."""
        made: dict[str, str] = {}
        lines = [f"{_slot(one)}==>{REMOVED}" for one in _each(self.text) if one.kind != "private-key"]
        lines += [_KEYS] if any(one.kind == "private-key" for one in self.text) else []
        if lines:
            made[REPLACEMENTS] = "\n".join(lines) + "\n"
        if paths := sorted({path for one in self.whole for path in _paths(one)}):
            made[PATHS] = "".join(f"literal:{path}\n" for path in paths)
        if self.people:
            made[MAILMAP] = "Removed <removed@invalid> <PASTE-THE-ADDRESS-HERE>\n"
        return made


def plan(report: Report, *, accepted: bool = False) -> Plan:
    """The plan for what is open in a report, or for everything in it but vendors' examples."""
    wanted = [one for one in report.findings if one.disposition != "example" and (accepted or one in report.open)]
    git = [one for one in wanted if one.surface == "git"]
    own = [one for one in git if one.location.field in ("index", "lfs") or (one.location.object is None and one.location.field is not None)]
    own = [one for one in own if one.location.field not in (*_PEOPLE, "path-name")]
    people = [one for one in git if one.location.field in _PEOPLE]
    names = [one for one in git if one.location.field == "path-name"]
    rest = [one for one in git if one not in own and one not in people and one not in names]
    whole = [one for one in rest if one.location.steps or "!" in (one.location.path or "") or one.location.field not in _TEXTS]
    text = [one for one in rest if one not in whole]
    return Plan(tuple(text), tuple(whole), tuple(people), tuple(names), tuple(own), tuple(wanted))


def written(plan: Plan, families: Mapping[str, str], folder: str) -> str:
    """The plan in Markdown; `folder` is where its files are."""
    parts = ["# What to do about the secrets that were found\n", _rotation(plan, families)]
    if plan.rewrites or plan.own:
        parts += [_rewriting(plan, folder), _afterwards(plan)]
    else:
        parts.append("\n## 2. Nothing is in a history\n\nTake the values out of the files, and scan again.\n")
    return "".join(parts)


def _rotation(plan: Plan, families: Mapping[str, str]) -> str:
    lines = ["\n## 1. Rotate first\n\nWhat was pushed counts as known to others. A rewrite does not take that back.\n"]
    groups: dict[str, list[Finding]] = {}
    for one in _each(plan.rotate):
        groups.setdefault(families.get(one.rule, one.rule), []).append(one)
    for family in sorted(groups):
        lines.append(f"\n### {printable(family)} ({len(groups[family])})\n\n")
        lines += [f"- [ ] `{_code(one.preview)}` {printable(one.title)}, {place(one)}, id {one.id}\n" for one in groups[family]]
        lines += [f"  {printable(advice)}\n" for advice in sorted({one.advice for one in groups[family] if one.advice})]
    return "".join(lines)


def _rewriting(plan: Plan, folder: str) -> str:
    files, lines = plan.files(), ["\n## 2. Rewrite the history\n\n"]
    if plan.text:
        said = f"Open `{folder}/{REPLACEMENTS}`, and put each value in the place of its `PASTE-THE-VALUE-OF-…-HERE`. "
        lines.append(said + "Keep that file out of every repository, and delete it at the end.\n\n")
        lines += [f"- {one.id}: `{_code(one.preview)}`, {place(one)}\n" for one in _each(plan.text) if one.kind != "private-key"]
        lines.append("\n")
    for one in _each(plan.whole):
        lines.append(f"- {one.id} stands encoded or inside of a file ({place(one)}): the file goes from the whole history\n")
    lines += [f"- {one.id} is a person's name or address: put it into `{folder}/{MAILMAP}`\n" for one in _each(plan.people)]
    lines += [f"- {one.id} is part of a file's name: add `--path-rename OLD:NEW`\n" for one in _each(plan.names)]
    if plan.rewrites:
        lines.append("\nIn a fresh clone, with [git-filter-repo](https://github.com/newren/git-filter-repo) 2.47 or newer:\n\n")
        lines.append("```console\n$ git clone --mirror URL rewritten.git\n$ cd rewritten.git\n")
        lines += [f"$ {command}\n" for command in commands(files, folder)] + ["```\n"]
    return "".join(lines) + _own(plan.own)


def commands(files: Iterable[str], folder: str) -> list[str]:
    """The commands that rewrite, in their order."""
    options = {REPLACEMENTS: f"--replace-text {folder}/{REPLACEMENTS} --replace-message {folder}/{REPLACEMENTS}"}
    options[MAILMAP] = f"--mailmap {folder}/{MAILMAP}"
    texts = [options[name] for name in (REPLACEMENTS, MAILMAP) if name in files]
    head = "git filter-repo --sensitive-data-removal"
    found = [f"{head} {' '.join(texts)}"] if texts else []
    return found + ([f"{head} --invert-paths --paths-from-file {folder}/{PATHS}"] if PATHS in files else [])


def _own(findings: Iterable[Finding]) -> str:
    told = {
        "reflog": "`git reflog expire --expire=now --all && git gc --prune=now`",
        "config": "`git remote set-url NAME URL`, and look through `.git/config`",
        "index": "take it out of the file, and `git add` it again",
        "left-over": "`git gc --prune=now`",
        "ref-name": "`git update-ref -d REF`, or `git branch -m OLD NEW`, here and on the forge",
        "lfs": "`git lfs prune`, and delete the object on the LFS server",
    }
    other = "take it out of that file"
    ours = [f"- {one.id} ({place(one)}): {told.get(one.location.field or '', other)}\n" for one in _each(findings)]
    return "\nIn each clone that has them, in the repository's own files:\n\n" + "".join(ours) if ours else ""


def _afterwards(plan: Plan) -> str:
    push = "```console\n$ git push --mirror --force\n```\n\n" if plan.rewrites else ""
    others = "Everybody else clones anew: one push from an old clone brings everything back. "
    others += "Forks, caches of pull requests and CI keep old objects; ask the forge to remove them.\n"
    return (
        "\n## 3. Prove that nothing is left\n\n```console\n$ leakseal remove-plan --verify --report BEFORE.json rewritten.git\n```\n\n"
        "It reads every object, reachable or not, and looks for the values of the report made before.\n\n"
        f"## 4. Publish\n\n{push}{others if plan.rewrites else ''}"
    )


def _each(findings: Iterable[Finding]) -> list[Finding]:
    """One for each id, in the order of the report."""
    return list({one.id: one for one in reversed(list(findings))}.values())[::-1]


def _paths(finding: Finding) -> list[str]:
    found = [path.partition("!")[0] for path in (*finding.paths, finding.location.path or "")]
    return [path for path in found if path and path.isprintable()]


def _slot(finding: Finding) -> str:
    return f"PASTE-THE-VALUE-OF-{finding.id}-HERE"


def _code(text: str) -> str:
    return printable(text).replace("`", "'")


def told(plan: Plan) -> str:
    """One line: how much there is to do."""
    rotated = count(len(_each(plan.rotate)), "secret")
    rewritten = len(_each([*plan.text, *plan.whole, *plan.people, *plan.names]))
    return f"{rotated} to rotate, {rewritten} to take out of the history"
