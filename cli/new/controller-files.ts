import { stringify } from 'yaml';
import type { NewOptions } from '../commands/new.ts';

/** What a new controller is made of, by path in its folder. `root` is where this Faultline is installed. */
export function controllerFiles(options: NewOptions, root: string): Readonly<Record<string, string>> {
  const { name } = options;
  return {
    [`${name}.ts`]: plugin(options),
    [`${name}.test.ts`]: test(options),
    [`fixtures/${name}.yaml`]: fixture(options),
    [`${name}.golden.yaml`]: golden(options),
    'faultline.yaml': configuration(options),
    'README.md': readme(options),
    ...(options.package && {
      'package.json': manifest(options, root),
      '.gitignore': 'node_modules/\n.faultline/\n',
    }),
  };
}

/** The condition that decides. */
function deciding({ order }: NewOptions): string {
  return order === 'run' ? 'Succeeded' : 'Ready';
}

function plugin(options: NewOptions): string {
  const { kind, apiVersion, order } = options;
  const condition = deciding(options);
  const isRun = order === 'run';
  return `import { defineController, defineFindings, type ObjectLike, records, text, undecided } from 'faultline/controllers';

/** ${kind}, as far as it is read here: anything may be missing. */
interface ${kind} extends ObjectLike {
  status?: { conditions?: { type?: string; status?: string; message?: string }[] };
}

const FINDINGS = defineFindings({
  ${isRun ? 'Failed' : 'NotReady'}: {
    key: '${isRun ? 'run' : 'ready'}',
    type: 'workload',
    severity: 'major',
    meaning: '${isRun ? 'It failed.' : 'Its condition Ready is False.'}',
  },
});

/** Reports every ${kind} that ${isRun ? 'failed' : 'is not ready'}. */
export default defineController<${kind}>({
  apiVersion: 'controller/v1',
  // Nothing of the object but these fields is kept.
  watches: { apiVersion: '${apiVersion}', kind: '${kind}', fields: ['status.conditions'] },
  order: '${order}', // ${isRun ? 'it finishes; the newest run of a subject decides' : 'it is; how it is now decides'}
  onDelete: '${isRun ? 'keep' : 'resolve'}', // ${isRun ? 'that a finished run is deleted says nothing' : 'without it there is no problem either'}
  documentation: { summary: '${kind} objects that ${isRun ? 'failed' : 'are not ready'}.', findings: FINDINGS.catalogue },
  observe({ apiVersion, kind, metadata, status }) {
${isRun ? runSubject() : "    const subject = { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name };\n"}    const decided = records(status?.conditions).find(({ type }) => type === '${condition}');
    if (decided?.status === 'True') return { subject, findings: [] };
    if (decided?.status !== 'False') return undecided('${isRun ? 'Running' : 'NotReadyYet'}');
    const description = text(decided.message) ?? '';
    const title = \`${kind} \${metadata.name} ${isRun ? 'failed' : 'is not ready'}\`;
    return { subject, findings: [FINDINGS.of('${isRun ? 'Failed' : 'NotReady'}', { title, description })] };
  },
});
`;
}

function runSubject(): string {
  return `    // What lasts: who made this run. A generated name would be a new issue for every run.
    const owner = metadata.ownerReferences?.find(({ controller }) => controller);
    const lasting = owner ?? { apiVersion, kind, name: metadata.name };
    const subject = {
      apiVersion: lasting.apiVersion,
      kind: lasting.kind,
      namespace: metadata.namespace ?? '',
      name: lasting.name,
    };
`;
}

const IMPORT_KIT =
  "import { expectDeterministic, expectGolden, expectTotal, loadFixture, observeFixture } from 'faultline/testing';";

function test({ name }: NewOptions): string {
  return `import { join } from 'node:path';
import { test } from 'node:test';
${IMPORT_KIT}
import controller from './${name}.ts';

const folder = import.meta.dirname;
const objects = await loadFixture(join(folder, 'fixtures'));
const setup = { now: '2026-01-01T12:00:00Z' };

test('says of the fixture what is in ${name}.golden.yaml', async () => {
  await expectGolden(join(folder, '${name}.golden.yaml'), await observeFixture(controller, objects, setup));
});

test('answers whatever is missing or wrong in an object', async () => {
  await expectTotal(controller, objects, setup);
});

test('says the same each time', async () => {
  await expectDeterministic(controller, objects, setup);
});
`;
}

interface Sample {
  readonly name: string;
  readonly status: string;
  readonly message: string;
}

const SAMPLES: readonly Sample[] = [
  { name: 'broken', status: 'False', message: 'the disk is full' },
  { name: 'unfinished', status: 'Unknown', message: '' },
  { name: 'well', status: 'True', message: '' },
];
const AT = '2026-01-01T10:00:00Z';

function fixture(options: NewOptions): string {
  const objects = SAMPLES.map(({ name, status, message }, index) => ({
    apiVersion: options.apiVersion,
    kind: options.kind,
    metadata: {
      ...{ name, namespace: 'shop', uid: `00000000-0000-4000-8000-00000000000${index + 1}` },
      creationTimestamp: '2026-01-01T09:00:00Z',
    },
    status: {
      conditions: [{ type: deciding(options), status, ...(message && { message }), lastTransitionTime: AT }],
    },
  }));
  const head = '# Replace these by objects of your cluster: kubectl get ... -o yaml, without what is secret.\n';
  return head + objects.map((object) => stringify(object)).join('---\n');
}

function golden(options: NewOptions): string {
  const { kind, apiVersion, order } = options;
  const isRun = order === 'run';
  const looks = SAMPLES.map(({ name, status, message }) => {
    const object = `${apiVersion} ${kind} shop/${name}`;
    if (status === 'Unknown') return { object, undecided: isRun ? 'Running' : 'NotReadyYet' };
    const failing = {
      ...{ key: isRun ? 'run' : 'ready', type: 'workload', severity: 'major', reason: isRun ? 'Failed' : 'NotReady' },
      ...{ title: `${kind} ${name} ${isRun ? 'failed' : 'is not ready'}`, description: message },
    };
    const subject = { apiVersion, kind, name, namespace: 'shop' };
    const time = isRun ? { completedAt: AT } : {};
    return { object, said: [{ subject, namespace: 'shop', ...time, findings: status === 'False' ? [failing] : [] }] };
  });
  return stringify(looks, { lineWidth: 0 });
}

function configuration({ name }: NewOptions): string {
  return `apiVersion: config.faultline.dev/v1alpha1
kind: FaultlineConfiguration
# Recorded objects; another cluster: faultline up --cluster.
cluster: { folder: ./fixtures }
controllers:
  - use: ./${name}.ts
`;
}

function manifest({ name }: NewOptions, root: string): string {
  const content = {
    name: `faultline-plugin-${name}`,
    version: '0.1.0',
    private: true,
    type: 'module',
    exports: `./${name}.ts`,
    scripts: { test: 'node --test' },
    engines: { node: '>=24' },
    keywords: ['faultline-plugin'],
    // The Faultline that wrote this, where it is installed.
    devDependencies: { faultline: `file:${root}` },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function readme(options: NewOptions): string {
  const { name, kind, apiVersion } = options;
  const testing = options.package ? 'npm test' : 'node --test';
  return `# ${name}

A controller for Faultline: what is wrong with every ${kind} (${apiVersion}).

| file | what it is |
| --- | --- |
| \`${name}.ts\` | the controller |
| \`fixtures/\` | objects it is tried on |
| \`${name}.golden.yaml\` | what it says of them |
| \`${name}.test.ts\` | compares the two, and tries objects that are half filled |
| \`faultline.yaml\` | a configuration that runs it |

\`\`\`sh
${testing}${' '.repeat(37 - testing.length)}# UPDATE_GOLDEN=1 ${testing} writes the golden file anew
faultline replay fixtures            # the issues of the fixtures, once
faultline up                         # the same, served for kubectl while you edit
faultline up --cluster               # those of a live cluster, read-only
faultline rbac -f faultline.yaml     # the rights that it needs in a cluster
\`\`\`
`;
}
