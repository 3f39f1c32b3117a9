import { resolve } from 'node:path';
import { DNS_LABEL, RESERVED_SOURCE_PREFIXES } from '../../crds/names.ts';
import type { Command } from '../command.ts';
import { didYouMean } from '../suggest.ts';

interface NewFlags {
  readonly kind?: string;
  readonly apiVersion: string;
  readonly order: 'run' | 'state';
  readonly dir?: string;
  readonly package: boolean;
}

/** What `faultline new` was asked for. */
export interface NewOptions {
  readonly what: string;
  readonly name: string;
  readonly kind: string;
  readonly apiVersion: string;
  readonly order: 'run' | 'state';
  /** Absolute. */
  readonly folder: string;
  /** As it was typed. */
  readonly shownFolder: string;
  /** With a package.json, and this Faultline as its dependency. */
  readonly package: boolean;
}

const API_VERSION = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?v[0-9]+((alpha|beta)[0-9]+)?$/;
const KIND = /^[A-Z][A-Za-z0-9]{0,62}$/;

export const newCommand: Command<NewFlags, NewOptions> = {
  name: 'new',
  parameters: '<controller> <name>',
  summary: 'Write a new controller: plugin, fixture, test, README.',
  description:
    'Write a controller into a new folder: the plugin, objects to try it on, a test with what it says of them, a ' +
    'configuration and a README. The test passes at once. Nothing that exists is overwritten, and nothing is downloaded.',
  examples: [
    {
      comment: 'A controller for the workflows of Argo',
      line: 'faultline new controller argo-workflow --kind Workflow --api-version argoproj.io/v1alpha1 --order run',
    },
    { comment: 'Then, in the new folder', line: 'npm test && faultline up' },
  ],
  flags: [
    { spelling: '--kind <Kind>', description: 'What it watches (default: the name, as a kind).' },
    { spelling: '--api-version <group/version>', description: 'Of that kind.', default: 'example.com/v1' },
    {
      spelling: '--order <order>',
      description: 'run: things that finish (a Job). state: things that are (a Deployment).',
      choices: ['run', 'state'],
      default: 'state',
    },
    { spelling: '--dir <folder>', description: 'Where to write (default: a folder of that name here).' },
    { spelling: '--no-package', description: 'No package.json, for a project that has faultline already.' },
  ],
  complete({ parameters: [what = '', name = ''], flags }, streams) {
    const { kind = kindOf(name), apiVersion, order, dir = name, package: hasPackage } = flags;
    const folder = resolve(streams.directory, dir);
    return { what, name, kind, apiVersion, order, folder, shownFolder: dir, package: hasPackage };
  },
  validate({ what, name, kind, apiVersion }) {
    const faults: string[] = [];
    if (what !== 'controller') {
      faults.push(
        `"${what}" is nothing that can be made: write new controller NAME${didYouMean(what, ['controller'])}`,
      );
    }
    faults.push(...nameFaults(name));
    if (faults.length === 0 && !KIND.test(kind)) {
      faults.push(`--kind: "${kind}" is no kind${meant(kindOf(kind), (one) => KIND.test(one))}`);
    }
    if (!API_VERSION.test(apiVersion)) {
      const near = /\/v?[0-9]/.test(apiVersion) ? apiVersion.toLowerCase().replace(/\/v?/, '/v') : `${apiVersion}/v1`;
      faults.push(
        `--api-version: "${apiVersion}" is no API version, such as apps/v1${meant(near, (one) => API_VERSION.test(one))}`,
      );
    }
    return faults;
  },
  async run(options, streams) {
    const { runNew } = await import('../new/run-new.ts');
    return await runNew(options, streams);
  },
};

function nameFaults(name: string): string[] {
  if (!DNS_LABEL.test(name) || /^[0-9]/.test(name)) {
    return [
      `"${name}" is no name for a controller: lower-case words with dashes, at most 63 characters, beginning with a letter` +
        meant(dashed(name), (one) => DNS_LABEL.test(one) && /^[a-z]/.test(one)),
    ];
  }
  const reserved = RESERVED_SOURCE_PREFIXES.map((prefix) => prefix.slice(0, -1));
  return reserved.includes(name) ? [`"${name}" is reserved: choose another name`] : [];
}

/** `ArgoWorkflow`, `argo_workflow` and `Argo workflow` as `argo-workflow`. */
function dashed(text: string): string {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[-0-9]+|-+$/g, '')
    .slice(0, 63);
}

function kindOf(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('');
}

function meant(candidate: string, isValid: (candidate: string) => boolean): string {
  return isValid(candidate) ? `; did you mean "${candidate}"?` : '';
}
