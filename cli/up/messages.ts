import { relative } from 'node:path';
import type { ChosenCluster } from '../cluster/choose.ts';

/** What `faultline up` says to the person who typed it. */
export interface ServingFacts {
  readonly version: string;
  /** `https://127.0.0.1:7443`. */
  readonly url: string;
  readonly source: ChosenCluster;
  readonly kubeconfig: string;
  /** The current directory: paths below it are printed relative to it. */
  readonly directory: string;
}

export interface ReadyFacts extends ServingFacts {
  readonly active: number;
  readonly resolved: number;
  readonly objects: number;
  /** Since the process was started, ms. */
  readonly tookMs: number;
}

/** After the first list was decided. Ends with the next command to type. */
export function readyMessage(facts: ReadyFacts): string {
  const { active, resolved, objects, tookMs, source } = facts;
  const kubectl = `kubectl --kubeconfig ${shellWord(shortest(facts.kubeconfig, facts.directory))}`;
  const lines = [
    `Faultline ${facts.version} serves ${facts.url} and reads ${sourceText(source, facts.directory)}`,
    `Ready in ${(tookMs / 1_000).toFixed(1)} s: ${active} Active and ${resolved} Resolved ${resolved === 1 && active === 0 ? 'issue' : 'issues'} from ${plural(objects, 'object')}`,
    `Kubeconfig: ${shortest(facts.kubeconfig, facts.directory)}`,
    '',
    'Next:',
    `  ${kubectl} get issues -A`,
  ];
  if (source.kind === 'folder') {
    const folder = shortest(source.folder, facts.directory);
    lines.push('', `Edit, add or delete a file in ${folder} and see what it changes:`, `  ${kubectl} get issues -A -w`);
  }
  return `${lines.join('\n')}\n`;
}

/** When the cluster is away at the start: what is stored is served meanwhile. */
export function servingMessage(facts: ServingFacts): string {
  const kubeconfig = shellWord(shortest(facts.kubeconfig, facts.directory));
  return `Faultline ${facts.version} serves ${facts.url}, what is stored for now\n  kubectl --kubeconfig ${kubeconfig} get issues -A\n`;
}

function sourceText(source: ChosenCluster, directory: string): string {
  if (source.kind === 'live') return `${source.connection.server} (context ${source.connection.name})`;
  return source.isExample
    ? `the example cluster in ${shortest(source.folder, directory)}`
    : `the folder ${shortest(source.folder, directory)}`;
}

/** The path as it is typed from `directory`, when it lies below it. */
function shortest(path: string, directory: string): string {
  const below = relative(directory, path);
  return below === '' ? '.' : below.startsWith('..') ? path : below;
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
