import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
}

interface Dependency {
  readonly ref: string;
  readonly dependsOn?: readonly string[];
}

interface Bill {
  readonly metadata: Readonly<Record<string, unknown>> & { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
  readonly [member: string]: unknown;
}

/** A package of package-lock.json, by the path where it is installed. */
export interface LockedPackage {
  readonly path: string;
  readonly name: string;
  readonly version: string;
}

/** What runs need, of package-lock.json: what `npm ci --omit=dev` installs. */
export async function neededPackages(root: string): Promise<LockedPackage[]> {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, { readonly name?: string; readonly version: string; readonly dev?: boolean }>>;
  };
  return Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { name = path.split('node_modules/').at(-1) as string, version }]) => ({ path, name, version }));
}

/**
 * What the image holds, as CycloneDX: the dependencies that runs need, and Swagger UI, whose files `dist/` has. Made by npm,
 * whose own `--omit=dev` leaves out what both kinds of dependencies need; without its time and serial number, so that the
 * same sources give the same text.
 */
export async function billOfMaterials(root: string): Promise<Bill> {
  const args = ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'];
  const { stdout } = await run('npm', args, { cwd: root, maxBuffer: 64 << 20 });
  const { serialNumber: _, metadata, components, dependencies, ...bill } = JSON.parse(stdout) as Bill;
  const { timestamp: __, ...kept } = metadata;
  const needed = new Set((await neededPackages(root)).map(({ name, version }) => `${name}@${version}`));
  const isKept = ({ name, version }: Component): boolean =>
    needed.has(`${name}@${version}`) || name === 'swagger-ui-dist';
  const found = components.filter(isKept);
  const refs = new Set([kept.component, ...found].map((one) => one['bom-ref']));
  return {
    ...bill,
    metadata: kept,
    components: found,
    dependencies: dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) })),
  };
}
