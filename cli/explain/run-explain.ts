import { cellMeaning } from '../../crds/cells.ts';
import {
  type ControllerExplanation,
  EXPLANATION_NAMES,
  type Explanation,
  type ExplanationStatus,
  type ObjectReference,
} from '../../crds/explanation.ts';
import { API_VERSION } from '../../crds/names.ts';
import { escapeForTerminal, oneLine } from '../../crds/text.ts';
import { getJson, postJson } from '../actions/post-json.ts';
import type { ClusterConnection } from '../cluster/connection.ts';
import type { ExplainOptions } from '../commands/explain.ts';
import { EXIT } from '../exit.ts';
import { yamlText } from '../printers/yaml-text.ts';
import { connectToRead } from '../reading/connect.ts';
import type { Streams } from '../streams.ts';

/** `faultline explain`: answers the exit code. Throws a Failure of one line with what the server said. */
export async function runExplain(options: ExplainOptions, streams: Streams): Promise<number> {
  const { kind, group, object: name, output } = options;
  const connection = await connectToRead(options, streams);
  const namespace = options.namespace ?? connection.namespace ?? 'default';
  const spec: ObjectReference = { kind, namespace, name, ...(group !== undefined && { group }) };
  let explanation = await ask(connection, spec, streams.signal);
  if (explanation.status.controllers.some(({ verdict }) => verdict === 'NotFound')) {
    // Only who may read the object can tell whether it is there, and whether its labels are why nobody looks at it.
    const labels = await labelsOf(connection, explanation, streams.signal);
    if (labels !== undefined) explanation = await ask(connection, { ...spec, labels }, streams.signal);
  }
  streams.out.write(printed(explanation, output));
  return EXIT.ok;
}

type Answered = Explanation & { readonly status: ExplanationStatus };

async function ask(connection: ClusterConnection, spec: ObjectReference, signal: AbortSignal): Promise<Answered> {
  const path = `/apis/${API_VERSION}/${EXPLANATION_NAMES.plural}`;
  const body: Explanation = { apiVersion: API_VERSION, kind: EXPLANATION_NAMES.kind, spec };
  return (await postJson(connection, path, body, signal)) as Answered;
}

/** Undefined where the object is not to be had: it does not exist, or this is `faultline up` and serves issues alone. */
async function labelsOf(
  connection: ClusterConnection,
  { spec, status }: Answered,
  signal: AbortSignal,
): Promise<Record<string, string> | undefined> {
  const { group, resource, namespaced } = status.resource;
  const version = await versionOf(connection, group, signal);
  if (version === undefined) return undefined;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const place = namespaced ? `/namespaces/${spec.namespace}` : '';
  try {
    const path = `${root}${place}/${resource}/${encodeURIComponent(spec.name)}`;
    const { metadata } = (await getJson(connection, path, signal)) as {
      metadata?: { labels?: Record<string, string> };
    };
    return metadata?.labels ?? {};
  } catch {
    return undefined;
  }
}

async function versionOf(
  connection: ClusterConnection,
  group: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (group === '') return 'v1';
  try {
    const found = (await getJson(connection, `/apis/${group}`, signal)) as { preferredVersion?: { version?: string } };
    return found.preferredVersion?.version;
  } catch {
    return undefined;
  }
}

function printed(explanation: Answered, output: ExplainOptions['output']): string {
  switch (output) {
    case 'json':
      return `${escapeForTerminal(JSON.stringify(explanation, null, 2))}\n`;
    case 'yaml':
      return yamlText(explanation);
    case 'text':
      return `${explanationLines(explanation).join('\n')}\n`;
    default:
      return output satisfies never;
  }
}

const MAX_LINE = 8_192;

/** For people. Nothing in it is executed by a terminal, whoever the server is. */
export function explanationLines({ spec, status }: Pick<Answered, 'spec' | 'status'>): string[] {
  const { controllers, silent, message, resource } = status;
  const where = spec.namespace === undefined ? '' : ` in namespace ${spec.namespace}`;
  const group = resource.group === '' ? '' : `.${resource.group}`;
  const head = [
    `${resource.kind}${group} ${spec.name}${where}`,
    ...(message === '' ? [] : [message]),
    ...(silent.length === 0 ? [] : [`These processes did not answer in time: ${silent.join(', ')}`]),
  ];
  return [
    ...head.map((line) => oneLine(line, MAX_LINE)),
    ...controllers.flatMap((each) => ['', ...controllerLines(each)]),
  ];
}

function controllerLines(each: ControllerExplanation): string[] {
  const { controller, use, process, verdict, reason, lookedAt, terminal, findings = [], noVerdict = [], report } = each;
  const facts: [string, string | undefined][] = [
    ['Verdict', `${verdict}${reason === undefined ? '' : `: ${reason}`}`],
    ['Looked at', lookedAt],
    ['Finished', terminal ? 'yes' : undefined],
    ['Subject', report?.subject],
    ...findings.map((finding): [string, string] => ['Finding', findingText(finding)]),
    ...noVerdict.map(({ subject, reason }): [string, string] => ['No verdict', `${subject}: ${reason}`]),
    ['Report', report && `${report.state}${report.reason === undefined ? '' : `: ${report.reason}`}`],
    ...(report?.decisions ?? []).map((decision): [string, string] => ['Decision', decisionText(decision)]),
    ['Why', each.message],
  ];
  return [
    oneLine(`${controller} (${use}, ${process})`, MAX_LINE),
    ...facts.flatMap(([name, fact]) =>
      fact === undefined ? [] : [`  ${`${name}:`.padEnd(12)}${oneLine(fact, MAX_LINE)}`],
    ),
  ];
}

function findingText({ key, severity, type, reason, title }: NonNullable<ControllerExplanation['findings']>[number]) {
  return `${key} ${severity} ${type} ${reason}: ${title}`;
}

function decisionText({
  key,
  cell,
  issue,
}: {
  key: string;
  cell: string;
  issue?: { namespace: string; name: string };
}) {
  const about = [key, cell].filter(Boolean).join(' ');
  const where = issue === undefined ? '' : `: issue ${issue.namespace}/${issue.name}`;
  return `${about} ${cellMeaning(cell) ?? 'see the decision table'}${where}`;
}
