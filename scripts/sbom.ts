import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Component {
  readonly 'bom-ref'?: string;
  readonly name: string;
}

interface Bill {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly components: readonly Component[];
  readonly [member: string]: unknown;
}

/**
 * What the image holds, as CycloneDX: the production dependencies of package-lock.json, and Swagger UI, whose files `dist/`
 * has. Made by npm; without its time and serial number, so that the same sources give the same text.
 */
export async function billOfMaterials(root: string): Promise<Bill> {
  const args = ['sbom', '--omit=dev', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'];
  const { stdout } = await run('npm', args, { cwd: root, maxBuffer: 64 << 20 });
  const { serialNumber: _, metadata, components, ...bill } = JSON.parse(stdout) as Bill;
  const { timestamp: __, ...kept } = metadata;
  const all = [...components, await swaggerUi(root)];
  const refOf = (one: Component): string => one['bom-ref'] ?? one.name;
  return { ...bill, metadata: kept, components: all.sort((a, b) => (refOf(a) < refOf(b) ? -1 : 1)) };
}

async function swaggerUi(root: string): Promise<Component> {
  const text = await readFile(join(root, 'node_modules/swagger-ui-dist/package.json'), 'utf8');
  const { name, version, license } = JSON.parse(text) as { name: string; version: string; license: string };
  const component = { 'bom-ref': `${name}@${version}`, type: 'library', name, version, scope: 'required' };
  return { ...component, purl: `pkg:npm/${name}@${version}`, licenses: [{ license: { id: license } }] } as Component;
}
