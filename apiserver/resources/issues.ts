import { humanDuration } from '../../crds/duration.ts';
import { ISSUE_NAMES, type Issue, issueSpecSchema, issueStatusSchema } from '../../crds/issue.ts';
import { GROUP, VERSION } from '../../crds/names.ts';
import type {
  ActionDefinition,
  AttachmentDefinition,
  Cell,
  ChangeSource,
  Column,
  JsonSchema,
  ResourceDefinition,
} from '../kube/index.ts';

/**
 * The resource `issues`: names from the crds room, columns, selectable fields, where its objects come from, what
 * people may do to them (`issueActions`; without them, nothing), how they were and how they are found (`pastIssues`), and what is kept beside
 * them (`issueEvidence`).
 */
export function issuesResource(
  source: ChangeSource<Issue>,
  actions: readonly ActionDefinition[] = [],
  finding: Pick<ResourceDefinition<Issue>, 'past' | 'search'> = {},
  attachments: readonly AttachmentDefinition[] = [],
): ResourceDefinition<Issue> {
  return {
    ...finding,
    ...ISSUE_NAMES,
    group: GROUP,
    version: VERSION,
    namespaced: true,
    description: 'One thing that is wrong with a subject, as one source sees it. Opens and resolves by itself.',
    schema: { spec: jsonSchema(issueSpecSchema), status: jsonSchema(issueStatusSchema) },
    columns: ISSUE_COLUMNS,
    selectableFields: Object.keys(FIELDS),
    fields: selectableFields,
    source,
    actions,
    attachments,
    readOnlyMessage:
      'issues are read-only: they open, update and resolve by themselves, as Faultline observes their subjects. ' +
      'An issue resolves when its subject is fixed, for example when a newer run of the pipeline succeeds. ' +
      'To resolve one by hand, or to say something about it: faultline resolve|acknowledge|snooze|assign|due|comment NAME ' +
      '-n NAMESPACE',
  };
}

/** `kubectl get issues`; with `-o wide` those of priority 1 too. */
export const ISSUE_COLUMNS: readonly Column<Issue>[] = [
  {
    name: 'Name',
    type: 'string',
    format: 'name',
    description: 'Name of the issue.',
    cell: (issue) => issue.metadata.name,
  },
  {
    name: 'Severity',
    type: 'string',
    description: 'How bad it is: critical, major, minor or info.',
    cell: (issue) => issue.spec.severity,
  },
  {
    name: 'Type',
    type: 'string',
    description: 'What kind of problem: build, test, release, …',
    cell: (issue) => issue.spec.type,
  },
  {
    name: 'State',
    type: 'string',
    description: 'Active while the problem exists, Resolved when it is gone.',
    cell: (issue) => issue.status.state,
  },
  {
    name: 'Since',
    type: 'string',
    description: 'How long ago the current episode began.',
    cell: (issue) => ({ since: issue.status.openedAt }),
  },
  {
    name: 'Title',
    type: 'string',
    description: 'What is wrong, in one line.',
    cell: (issue) => issue.spec.title,
  },
  wide('Subject', 'The thing that has the problem.', subjectText),
  wide('Reason', 'Why, in one countable word.', (issue) => issue.spec.reason),
  wide('Source', 'Who says so.', (issue) => issue.spec.source),
  {
    ...wide('Count', 'How many distinct objects showed it.', (issue) => issue.status.occurrences),
    type: 'integer',
  },
  {
    ...wide('Reopened', 'How often it came back after it was resolved.', (issue) => issue.status.reopened),
    type: 'integer',
  },
  wide('Last-Seen', 'How long ago it was last seen failing.', (issue) => ({ since: issue.status.lastSeenAt })),
  wide('Duration', 'How long the episode lasted; of one that goes on, how long until now.', durationText),
  wide('Flapping', 'True while it opens and resolves all the time.', flappingText),
  wide('Assignee', 'Who works on it.', ({ status }) => status.assignee ?? ''),
  wide('Due', 'By when it shall be resolved: the date of a person, else that of the finding.', dueText),
  wide('Link', 'Where to look further: the log, else the console.', linkUrl),
];

function wide(name: string, description: string, cell: Column<Issue>['cell']): Column<Issue> {
  return { name, type: 'string', description, priority: 1, cell };
}

function durationText({ status: { openedAt, resolvedAt } }: Issue): Cell {
  return resolvedAt === undefined ? { since: openedAt } : humanDuration(Date.parse(resolvedAt) - Date.parse(openedAt));
}

function flappingText({ status }: Issue): string {
  return status.conditions.some(({ type, status: is }) => type === 'Flapping' && is === 'True') ? 'True' : '';
}

/** As it is written: a column of kubectl counts time since, and this is time until. */
function dueText({ spec, status }: Issue): string {
  return status.due?.at ?? spec.dueAt ?? '';
}

/** `Component/web build/push/main`; the namespace only where it is not the issue's own. */
function subjectText(issue: Issue): string {
  const { kind, namespace, name, aspect } = issue.spec.subject;
  const elsewhere = namespace && namespace !== issue.metadata.namespace ? `${namespace}/` : '';
  return `${kind}/${elsewhere}${name}${aspect ? ` ${aspect}` : ''}`;
}

function linkUrl(issue: Issue): string {
  const { links = [] } = issue.spec;
  const preferred = links.find(({ rel }) => rel === 'log') ?? links.find(({ rel }) => rel === 'console') ?? links[0];
  return preferred?.url ?? '';
}

const FIELDS: Readonly<Record<string, (issue: Issue) => string | undefined>> = {
  'status.state': (issue) => issue.status.state,
  'spec.severity': (issue) => issue.spec.severity,
  'spec.type': (issue) => issue.spec.type,
  'spec.source': (issue) => issue.spec.source,
  'spec.reason': (issue) => issue.spec.reason,
  'spec.subject.kind': (issue) => issue.spec.subject.kind,
  'spec.subject.name': (issue) => issue.spec.subject.name,
  'status.observed.name': (issue) => issue.status.observed?.name,
  'status.observed.uid': (issue) => issue.status.observed?.uid,
};

function selectableFields(issue: Issue): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, read] of Object.entries(FIELDS)) {
    const value = read(issue);
    if (value !== undefined) fields[name] = value;
  }
  return fields;
}

function jsonSchema(schema: typeof issueSpecSchema | typeof issueStatusSchema): JsonSchema {
  return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as JsonSchema;
}
