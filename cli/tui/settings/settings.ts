import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../exit.ts';
import { replaceFile } from '../../pki/atomic-file.ts';
import type { ThemeName } from '../look/theme.ts';
import type { SavedView } from '../state/state.ts';

/** What a person keeps of the terminal UI, in a file of their own. */
export interface Settings {
  readonly theme?: ThemeName;
  /** Default: what the locale says. */
  readonly symbols?: 'unicode' | 'ascii';
  /** The wheel of the mouse scrolls; default true. */
  readonly wheel?: boolean;
  /** Those of the keys 1 to 9; default: those with the most issues. */
  readonly namespaces?: string[];
  readonly views?: SavedView[];
}

/** `$FAULTLINE_UI_CONFIG`, else `ui.yaml` in `faultline` below `$XDG_CONFIG_HOME` or `~/.config`. */
export function settingsPath(env: Readonly<Record<string, string | undefined>>): string {
  if (env.FAULTLINE_UI_CONFIG) return env.FAULTLINE_UI_CONFIG;
  return join(env.XDG_CONFIG_HOME || join(env.HOME || '.', '.config'), 'faultline', 'ui.yaml');
}

/** Nothing where there is no file. Throws a ConfigurationError with every fault of it at its line and column. */
export async function readSettings(path: string): Promise<Settings> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new Failure(`cannot read ${path}: ${cause.code ?? cause.message}`, { cause });
  });
  if (text === undefined || text.trim() === '') return {};
  const [{ checkedDocument }, { settingsSchema }] = await Promise.all([
    import('../../configuration/checked-document.ts'),
    import('./schema.ts'),
  ]);
  return checkedDocument(path, text, settingsSchema).value;
}

/** Keeps a view in the file, in place of one of the same name; comments and everything else in it stay. Answers all. */
export async function saveView(path: string, view: SavedView): Promise<readonly SavedView[]> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return '';
    throw cause;
  });
  const { views = [] } = await readSettings(path);
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  const at = views.findIndex(({ name }) => name === view.name);
  const all = at < 0 ? [...views, view] : views.with(at, view);
  document.setIn(['views', at < 0 ? views.length : at], document.createNode(view));
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, document.toString(), 0o600);
  return all;
}
