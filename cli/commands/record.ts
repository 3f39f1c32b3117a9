import { resolve } from 'node:path';
import { parseDuration } from '../../crds/duration.ts';
import { DNS_LABEL } from '../../crds/names.ts';
import type { Command } from '../command.ts';
import { type KubeconfigFlags, kubeconfigFlags } from './kubeconfig-flags.ts';

interface RecordFlags extends KubeconfigFlags {
  readonly output?: string;
  readonly namespace?: string;
  readonly for?: string;
}

export interface RecordOptions {
  readonly kinds: readonly { readonly apiVersion: string; readonly kind: string }[];
  /** As they were typed. */
  readonly typed: { readonly kinds: readonly string[]; readonly for: string | undefined };
  /** Absolute; empty when it is missing. */
  readonly file: string;
  readonly shownFile: string;
  readonly namespace: string | undefined;
  /** ms; undefined: until it is stopped. */
  readonly forMs: number | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
}

/** `v1/Pod`, `apps/v1/Deployment`. */
const KIND = /^((?:[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?v[0-9]+(?:(?:alpha|beta)[0-9]+)?)\/([A-Z][A-Za-z0-9]{0,62})$/;

export const record: Command<RecordFlags, RecordOptions> = {
  name: 'record',
  parameters: '<kinds...>',
  summary: 'Record what happens to objects of a cluster, for tests and backtests.',
  description:
    'Watch kinds of a live cluster, read-only, and write every change to a file until Ctrl-C: JSON lines with the time, as ' +
    'faultline rule backtest and the test kit of controllers read them. Values of Secrets, and what looks like a ' +
    'credential elsewhere, are masked; read the file before you give it away.',
  examples: [
    {
      comment: 'Record the workloads of a namespace until Ctrl-C',
      line: 'faultline record apps/v1/Deployment v1/Pod -n shop -o shop.jsonl.gz',
    },
    {
      comment: 'Ten minutes, then what a rule would have said',
      line: 'faultline record apps/v1/Deployment --for 10m -o d.jsonl && faultline rule backtest rule.yaml --from d.jsonl',
    },
  ],
  flags: [
    { spelling: '-o, --output <file>', description: 'A new file; with .gz at its end it is compressed.' },
    { spelling: '-n, --namespace <namespace>', description: 'Only this namespace.' },
    { spelling: '--for <duration>', description: 'Stop after this time, for example 10m (default: at Ctrl-C).' },
    ...kubeconfigFlags('The cluster (default: $KUBECONFIG, ~/.kube/config).'),
  ],
  complete({ parameters, flags }, streams) {
    const { output = '', namespace, for: time, kubeconfig, context } = flags;
    const kinds = [...new Set(parameters)].flatMap((typed) => {
      const [, apiVersion = '', , kind] = KIND.exec(typed) ?? [];
      return kind === undefined ? [] : [{ apiVersion, kind }];
    });
    const file = output === '' ? '' : resolve(streams.directory, output);
    return {
      ...{ kinds, file, shownFile: output, namespace, kubeconfig, context, forMs: durationOf(time) },
      typed: { kinds: parameters, for: time },
    };
  },
  validate({ typed, file, namespace, forMs }) {
    const faults = typed.kinds
      .filter((kind) => !KIND.test(kind))
      .map(
        (kind) => `"${kind}" is no kind with its version: write for example apps/v1/Deployment or v1/Pod${meant(kind)}`,
      );
    if (file === '') faults.push('name the file to write with -o, for example -o stream.jsonl.gz');
    else if (!/\.jsonl(\.gz)?$/.test(file)) faults.push('-o: the name of the file ends in .jsonl or .jsonl.gz');
    if (namespace !== undefined && !DNS_LABEL.test(namespace)) faults.push(`"${namespace}" is no namespace name`);
    if (typed.for !== undefined && forMs === undefined) {
      faults.push(`--for: "${typed.for}" is no duration: write for example 10m`);
    }
    return faults;
  },
  async run(options, streams) {
    const { runRecord } = await import('../record/run-record.ts');
    return await runRecord(options, streams);
  },
};

/** `apps/v1/deployments` and `apps/v1/deployment`: what was probably meant, when only the case or the number is wrong. */
function meant(typed: string): string {
  const parts = typed.split('/');
  const last = parts.pop() ?? '';
  const kind = `${last.charAt(0).toUpperCase()}${last.slice(1)}`.replace(/s$/, '');
  const near = [...parts, kind].join('/');
  return KIND.test(near) ? `; did you mean "${near}"?` : '';
}

function durationOf(text: string | undefined): number | undefined {
  try {
    return text === undefined ? undefined : parseDuration(text);
  } catch {
    return undefined;
  }
}
