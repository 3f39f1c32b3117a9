import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** The pages of the site: README.md is its first, everything in docs/ is below it. */
export function pagesOf(root: string): Map<string, string> {
  const files = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root }).sort()];
  return new Map(files.map((file) => [file.replaceAll('\\', '/'), readFileSync(join(root, file), 'utf8')]));
}

/** What a link of a page means: another place, or a file of the repository with a part of it. */
export type Target =
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'file'; readonly path: string; readonly anchor: string };

export function targetOf(page: string, href: string): Target {
  if (/^[a-z][a-z0-9+.-]*:/i.test(href) || href.startsWith('//')) return { kind: 'elsewhere' };
  const [path = '', anchor = ''] = href.split('#');
  const resolved = path === '' ? page : posix.normalize(posix.join(posix.dirname(page), decodeURIComponent(path)));
  return { kind: 'file', path: resolved.replace(/\/$/, ''), anchor };
}

/** The menu: what somebody needs first comes first; what is not named here is under "More". */
export const MENU: readonly (readonly [string, readonly string[]])[] = [
  ['Begin', ['README.md', 'docs/install.md', 'docs/concepts.md', 'docs/cli.md', 'docs/faq.md', 'docs/comparison.md']],
  ['Use', ['docs/terminal-ui.md', 'docs/actions.md', 'docs/evidence.md', 'docs/groups.md', 'docs/history.md', 'docs/search.md', 'docs/explain.md', 'docs/lifecycle.md', 'docs/related.md', 'docs/events.md']],
  ['Troubleshoot', ['docs/symptoms.md', 'docs/troubleshoot.md', 'docs/errors.md']],
  ['Extend', ['docs/controllers/README.md', 'docs/write-a-controller.md', 'docs/write-a-rule.md', 'docs/receivers.md', 'docs/reports.md', 'docs/write-a-resource.md', 'docs/plugins-in-a-cluster.md', 'docs/conformance.md']],
  ['Operate', ['docs/configuration.md', 'docs/operate.md', 'docs/operate-controllers.md', 'docs/observe.md', 'docs/monitoring.md', 'docs/slo.md', 'docs/runbooks/README.md', 'docs/certificates.md', 'docs/upgrade.md', 'docs/backup.md', 'docs/performance.md', 'docs/scale.md']],
  ['Security', ['docs/security.md', 'docs/security-matrix.md', 'docs/roles.md', 'docs/access.md']],
  ['Reference', ['docs/api.md', 'docs/kubernetes-api.md', 'docs/clients.md', 'docs/watching.md', 'docs/migrate-from-kite.md', 'docs/architecture.md', 'CHANGELOG.md']],
]; // biome-ignore format: one line a part
