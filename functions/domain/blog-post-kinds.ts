import type { ReleaseNote } from "./release-notes.ts";

/** A change as it came into the main branch: what a pull request and the commit that merged it tell. */
export interface Change {
  /** Short name of the repository. */
  repo: string;
  /** Of the pull request; null for a commit that was pushed without one. */
  number: number | null;
  sha: string;
  title: string;
  /** Of the pull request, Markdown; null where it is not known. */
  description: string | null;
  /** Of the commit that merged it. */
  message: string;
  /** ISO 8601. */
  mergedAt: string;
  /** GitHub login; null where it is not known. */
  author: string | null;
  url: string;
}

/** What kind of change it is, as far as it matters to the readers of a post. The first that fits counts. */
export type ChangeKind =
  /** Made by a robot or by routine: nobody would miss it, so it is not even offered. */
  | "routine"
  | "revert"
  /** Of the project's own making: CI, tests, refactoring, deployment. */
  | "plumbing"
  /** The Python interface of a library. */
  | "library"
  | "documentation"
  | "feature"
  | "fix"
  | "other";

const routine = [
  /^(chore\S* )?(prepare |pre-?)?release (of )?v?\d/i,
  /^v?\d+\.\d+(\.\d+)? release\b/i,
  /\[pre-commit\.ci\]|\bpre-commit autoupdate\b/i,
  /^(\S+: )?(bump|upgrade|update) \S+ (from|to) v?\d/i,
  /^(chore|build|fix)\((deps|deps-dev)\)/i,
  /^(\S+: )?update (constants|dependenc(y|ies)|lock ?file|dependency .+)$/i,
  /^merge (branch|remote-tracking|tag)\b/i,
  /\b(konflux|renovate|dependabot)\b/i,
];

/** Words of a title that speak of the project's own making, whatever the repository. */
const plumbingTitle = [
  /^(ci|tests?|chore|refactor|style|build|typing|types|lint|git|zuul|tmt)(\([^)]*\))?!?[:/]/i,
  /^\w+\((ci|tests?|tmt|zuul|lint|typing|git|db)\)!?:/i,
  /\b(refactor\w*|code ?climate|mypy|ruff|flake8|pylint|pytest|type (hints?|stubs?|annotations?)|docstrings?)\b/i,
  /\b(unit|integration|functional|reverse.dep\w*|database|db) ?tests?\b|\btest ?suite\b|\btests? ?_?(data|recordings?|files?|cassettes?)\b/i,
  /\b(fix|mock|update|adjust|skip|speed up|add|improve|remove|adapt|correct|extend|rewrite|regenerate)\w* (\w+ ){0,2}tests?\b(?! (jobs?|runs?|status\w*|comments?|plans?|commands?))/i,
  /\bfrom tests?\b|\bfor (testing|tests)$|^mock\b/i,
  /\b(flexmock|requre|vcr|github actions?|gh.actions?|workflows?|zuul|tox|makefile|dockerfile|containerfile|docker-compose|codeowners|(issue|pr|pull request) templates?)\b/i,
  /\b(alembic|migrations?|sentry|flower|celery|pushgateway|prometheus|metrics|slo\d?|database model|worker image|base image|openshift)\b/i,
  /\b(log|logs|logging|log messages?|log level|debug logs?)\b/i,
  /\b(rename|factor out|clean ?up|simplify|remove (unused|dead|deprecated)|drop unused|unused|deprecated code|occurr?ences)\b/i,
  /\bmove \S+ (\S+ )?(handling )?(to|into) (a |its )?(\w+ )?(class|module|package|file|function)\b/i,
  /\b(contributing(\.md)?|readme|badges?|license|spdx|onboarded?|pre-commit (config\w*|hooks?))\b(?! (on|by|in) packit)/i,
  /\btypos?\b(?!.*\b(messages?|output|help|comments?|status|documentation|docs)\b)/i,
];

/** Words of a note that speak of it; fewer, since notes are written for readers. */
const plumbingNote = [
  /\b(our|own|packit's|ogr's|specfile's|internal) (\w+ )?(test ?suite|tests|ci|code ?base|pipeline)\b/i,
  /\b(test ?suite|unit tests?|makefile|code ?base|refactor\w*|type (stubs?|hints?|annotations?|checkers?)|static type)\b/i,
  /\b(sentry|alembic|celery|prometheus|pushgateway|openshift)\b/i,
];
const plumbingType = /^(ci|tests?|refactor|style)(\([^)]*\))?!?:/i;

/** What only those meet who program with a library. */
const programming = [
  /\b\w+\(\)|\b[A-Z]\w*[a-z]\w*\.[a-z_]\w+/,
  /\b(methods?|class(es)?|subclass\w*|functions?|attributes?|propert(y|ies)|context managers?|iterators?|constructors?|decorators?)\b/i,
  /\b(?!For\b)[A-Z][a-z]\w+ instances?\b/,
  /\b(typing|python api|interface|importable|keyword arguments?)\b|\b__\w+__/,
];

const feature =
  /^feat(\([^)]*\))?!?:|^(add|implement|introduce|support|allow|enable|provide|expose|make|new|initial|feat|ft)\b/i;
const fix =
  /^fix(\([^)]*\))?!?:|\b(fix(es|ed)?|handle|correct(ly)?|properly|prevent|avoid|do(es)? not|don't|doesn't|ignore|always|only|use correct|wrong|bug|issue|crash\w*|traceback|fail\w*|retry|retries)\b/i;
const documentation = /^docs?(\([^)]*\))?!?:|\b(docs|documentation|man ?page)\b/i;

/** @param libraries short names of the repositories that are libraries. */
export function kindOf(change: Change, note: ReleaseNote, libraries: readonly string[]): ChangeKind {
  const { title } = change;
  const isLibrary = libraries.includes(change.repo);
  if (matches(routine, title)) return "routine";
  if (/^revert\b/i.test(title)) return "revert";
  if (note.kind === "note") {
    if (plumbingType.test(title) || matches(plumbingNote, note.text)) return "plumbing";
    if (isLibrary && matches(programming, note.text)) return "library";
  } else {
    if (matches(plumbingTitle, title)) return "plumbing";
    if (isLibrary) return "library";
  }
  if (documentation.test(title)) return "documentation";
  if (feature.test(title)) return "feature";
  return fix.test(title) ? "fix" : "other";
}

function matches(rules: readonly RegExp[], text: string): boolean {
  return rules.some((rule) => rule.test(text));
}
