import type { Expression, Template } from '../../cel/index.ts';
import { parseDuration } from '../../crds/duration.ts';
import { SEVERITIES } from '../../crds/issue.ts';
import {
  type IssueRule,
  type IssueRuleSpec,
  isSeverity,
  type RuleFinding,
  type RuleKind,
  type RulePath,
  ruleSource,
} from '../../crds/issue-rule.ts';
import { ruleFaults } from '../../crds/issue-rule-schema.ts';
import { REASON } from '../../crds/names.ts';
import type { RuleFault } from './fault.ts';
import { fieldsOf } from './fields.ts';
import { OF_ITEM, OF_OBJECT } from './variables.ts';

/** A rule that is ready to look at objects. */
export interface CompiledRule {
  readonly source: string;
  readonly kind: RuleKind;
  readonly name: string;
  /** Its own, which is also the only one that it looks at and writes to; undefined: of the cluster. */
  readonly namespace: string | undefined;
  readonly watches: IssueRuleSpec['watches'];
  readonly when: Expression;
  readonly since: Expression | undefined;
  readonly forMs: number;
  readonly everyMs: number;
  /** Undefined: the object itself. */
  readonly subject: Readonly<Record<string, Template>> | undefined;
  readonly issueNamespace: Template | undefined;
  readonly findings: readonly CompiledFinding[];
  /** The variables that any part of it names. */
  readonly uses: ReadonlySet<string>;
  /** Of two rules that say the same, the same. */
  readonly says: string;
  /** What is kept of the objects. */
  readonly fields: readonly string[];
}

export interface CompiledFinding {
  readonly each: Expression | undefined;
  readonly when: Expression | undefined;
  /** By their path in a finding: `title`, `links.0.url`, `remediation.text`; in the order in which they are written. */
  readonly templates: readonly { readonly path: readonly (string | number)[]; readonly template: Template }[];
  readonly links: RuleFinding['links'];
}

export type Compiled =
  | { readonly rule: CompiledRule; readonly faults: readonly [] }
  | { readonly rule?: undefined; readonly faults: readonly RuleFault[] };

/** Of all expressions and templates of one rule together: compiling them is work too, and anybody may apply a rule. */
const MAX_CHARACTERS = 65_536;

type Compile<T> = (text: string, variables: readonly string[]) => T;

/** Every fault of a rule at once, each at its place. Its form was checked (`issueRuleSchema`). */
export async function compileRule(declared: IssueRule): Promise<Compiled> {
  // 30 MB that only who has rules pays for.
  const { compileExpression, compileTemplate, ExpressionFault, placeOf } = await import('../../cel/index.ts');
  const { kind, metadata, spec } = declared;
  const faults: RuleFault[] = [...ruleFaults(declared), ...literalFaults(spec)];
  const made: (Expression | Template)[] = [];
  const { length } = JSON.stringify(spec);
  if (length > MAX_CHARACTERS) {
    return { faults: [{ path: ['spec'], message: `has ${length} characters; at most ${MAX_CHARACTERS} are taken` }] };
  }

  function attempt<T extends Expression | Template>(
    compile: Compile<T>,
    path: RulePath,
    text: string | undefined,
    variables: readonly string[] = OF_OBJECT,
  ): T | undefined {
    if (text === undefined) return undefined;
    try {
      const compiled = compile(text, variables);
      made.push(compiled);
      return compiled;
    } catch (error) {
      if (!(error instanceof ExpressionFault)) throw error;
      faults.push({ path: ['spec', ...path], message: error.message, place: placeOf(text, error.offset) });
      return undefined;
    }
  }

  const when = attempt(compileExpression, ['when'], spec.when);
  const since = attempt(compileExpression, ['since'], spec.since);
  const issueNamespace = attempt(compileTemplate, ['namespace'], spec.namespace);
  const subject = Object.entries(spec.subject ?? {}).map(
    ([member, text]) => [member, attempt(compileTemplate, ['subject', member], text as string)] as const,
  );
  const findings = spec.findings.map((finding, index): CompiledFinding => {
    const at = ['findings', index];
    const variables = finding.each === undefined ? OF_OBJECT : OF_ITEM;
    return {
      each: attempt(compileExpression, [...at, 'each'], finding.each),
      when: attempt(compileExpression, [...at, 'when'], finding.when, variables),
      templates: templatesOf(finding).flatMap(({ path, text }) => {
        const template = attempt(compileTemplate, [...at, ...path], text, variables);
        return template ? [{ path, template }] : [];
      }),
      links: finding.links,
    };
  });
  if (faults.length > 0 || when === undefined) return { faults };
  const rule: CompiledRule = {
    source: ruleSource(kind, metadata),
    kind,
    name: metadata.name,
    namespace: metadata.namespace,
    watches: spec.watches,
    when,
    since,
    forMs: parseDuration(spec.for),
    everyMs: parseDuration(spec.every),
    subject: spec.subject && (Object.fromEntries(subject) as Record<string, Template>),
    issueNamespace,
    findings,
    says: JSON.stringify([kind, metadata.namespace, metadata.name, spec]),
    uses: new Set(made.flatMap(({ uses }) => [...uses])),
    fields: fieldsOf(made.flatMap(({ reads }) => reads)),
  };
  return { rule, faults: [] };
}

/** The texts of a finding that are templates, with their paths. */
function templatesOf(finding: RuleFinding): { path: readonly (string | number)[]; text: string }[] {
  const { each: _e, when: _w, links = [], labels = {}, remediation = {}, ...texts } = finding;
  const below = (path: readonly (string | number)[], record: object) =>
    Object.entries(record).map(([name, text]) => ({ path: [...path, name], text: text as string }));
  return [
    ...below([], texts),
    ...links.flatMap(({ rel: _, ...link }, index) => below(['links', index], link)),
    ...below(['labels'], labels),
    ...below(['remediation'], remediation),
  ];
}

/** What can be told of a template that is no template: then it is what every object gets. */
function literalFaults({ findings }: IssueRuleSpec): RuleFault[] {
  const keys = new Map<string, number>();
  return findings.flatMap(({ each, key, severity, reason }, index): RuleFault[] => {
    const faults: RuleFault[] = [];
    const refuse = (member: string, message: string): void =>
      void faults.push({ path: ['spec', 'findings', index, member], message });
    const isText = (text: string): boolean => !text.includes('${');
    if (isText(severity) && !isSeverity(severity)) refuse('severity', `must be one of ${SEVERITIES.join(', ')}`);
    if (isText(reason) && !REASON.test(reason)) refuse('reason', 'must be one CamelCase word');
    if (isText(key)) {
      const other = keys.get(key);
      if (other !== undefined) refuse('key', `is already the key of findings[${other}]: a key is one finding`);
      if (each !== undefined) refuse('key', 'is the same for every item of each: make it of the item');
      keys.set(key, index);
    }
    return faults;
  });
}
