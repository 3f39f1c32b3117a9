/**
 * The YAML that kubeconfigs are written in, by kubectl and by most that write one: maps and lists in blocks, and texts that
 * need no quotes, `{}` and booleans. Loading and running the library for it takes 40 ms of each start, a third of `faultline get`. Undefined for
 * everything else, numbers included: that is for the library, which a property test compares this with.
 */
export function plainYaml(text: string): unknown {
  const lines = text.split('\n').map((line): Line => {
    // A tab indents nothing in YAML.
    const content = line.replace(/^ +/, '');
    return { indent: line.length - content.length, content };
  });
  if (lines.at(-1)?.content === '') lines.pop();
  const reader = { lines, at: 0 };
  const value = lines[0]?.indent === 0 ? block(reader, 0) : undefined;
  return reader.at === lines.length ? value : undefined;
}

interface Line {
  readonly indent: number;
  readonly content: string;
}

interface Reader {
  readonly lines: Line[];
  at: number;
}

const ENTRY = /^([A-Za-z][\w.-]*):(?: (\S+))?$/;
/** Nothing that YAML takes for something else: no indicator at its beginning, no comment, no map. */
const TEXT = /^[A-Za-z/][^\s#:,{}[\]&*!|>'"%`]*(?::[^\s#:,{}[\]&*!|>'"%`]+)*$/;
const NO_TEXT = /^(true|false|null|yes|no|on|off|y|n)$/i;

/** What kubectl writes that is no text. */
const WORDS: ReadonlyMap<string, () => unknown> = new Map<string, () => unknown>([
  ['{}', () => ({})],
  ['true', () => true],
  ['false', () => false],
]);

/** What begins at this line; undefined: something else. */
function block(reader: Reader, indent: number): unknown {
  const { content = '' } = reader.lines[reader.at] ?? {};
  return content.startsWith('- ') ? list(reader, indent) : map(reader, indent);
}

function map(reader: Reader, indent: number): object | undefined {
  const { lines } = reader;
  const read = new Map<string, unknown>();
  for (let line = lines[reader.at]; line?.indent === indent; line = lines[reader.at]) {
    if (line.content.startsWith('- ')) break;
    const [, key, text] = ENTRY.exec(line.content) ?? [];
    if (key === undefined || read.has(key) || key === '__proto__') return undefined;
    reader.at++;
    const value = text === undefined ? below(reader, indent) : (WORDS.get(text)?.() ?? textOf(text));
    if (value === undefined) return undefined;
    read.set(key, value);
  }
  return read.size === 0 ? undefined : Object.fromEntries(read);
}

/** The value of a key that has none in its line. A list may stand as far left as its key. */
function below(reader: Reader, indent: number): unknown {
  const next = reader.lines[reader.at];
  if (next === undefined) return undefined;
  const isList = next.indent === indent && next.content.startsWith('- ');
  return next.indent > indent || isList ? block(reader, next.indent) : undefined;
}

function list(reader: Reader, indent: number): unknown[] | undefined {
  const { lines } = reader;
  const items: unknown[] = [];
  for (let line = lines[reader.at]; line?.indent === indent; line = lines[reader.at]) {
    const [, content] = /^- (\S.*)$/.exec(line.content) ?? [];
    if (content === undefined) break;
    // What follows the dash stands where the further lines of the item do.
    lines[reader.at] = { indent: indent + 2, content };
    const item = ENTRY.test(content) ? map(reader, indent + 2) : textOf(content);
    if (item === undefined) return undefined;
    if (typeof item === 'string') reader.at++;
    items.push(item);
  }
  return items;
}

function textOf(text: string): string | undefined {
  return TEXT.test(text) && !NO_TEXT.test(text) ? text : undefined;
}
