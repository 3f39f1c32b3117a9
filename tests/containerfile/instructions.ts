/** What a Containerfile says, as far as ours says it. Anything else is refused: nothing is taken for done that nobody does. */
export interface Instruction {
  readonly keyword: Keyword;
  /** `--chown=0:0` → chown: '0:0'. */
  readonly flags: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface Stage {
  readonly name: string;
  /** With the build arguments put in. */
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

const KEYWORDS = ['ARG', 'FROM', 'WORKDIR', 'COPY', 'RUN', 'ENV', 'LABEL', 'USER', 'ENTRYPOINT'] as const;
type Keyword = (typeof KEYWORDS)[number];

/** The stages in order, and the arguments before the first with their defaults or what is `given` instead. */
export function readContainerfile(
  text: string,
  given: Readonly<Record<string, string>> = {},
): { readonly stages: readonly Stage[]; readonly args: Readonly<Record<string, string>> } {
  const args: Record<string, string> = {};
  const stages: { name: string; image: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructionsOf(text)) {
    const stage = stages.at(-1);
    if (instruction.keyword === 'FROM') {
      const [, image = '', name = ''] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(instruction.text) ?? [];
      if (image === '') throw new Error(`FROM ${instruction.text}: not understood`);
      stages.push({ name, image: substitute(image, args), instructions: [] });
    } else if (stage) stage.instructions.push(instruction);
    else if (instruction.keyword === 'ARG') Object.assign(args, argOf(instruction.text, given));
    else throw new Error(`${instruction.keyword} before the first FROM`);
  }
  return { stages, args };
}

/** `NAME=default` of an ARG, with what is given instead of the default. */
export function argOf(text: string, given: Readonly<Record<string, string>>): Record<string, string> {
  const [, name = '', value = ''] = /^(\w+)(?:=(.*))?$/.exec(text) ?? [];
  if (name === '') throw new Error(`ARG ${text}: not understood`);
  return { [name]: given[name] ?? value };
}

/** `A=1 B="x y"` of an ENV or a LABEL. */
export function pairsOf(text: string, values: Readonly<Record<string, string>>): Record<string, string> {
  const pairs = [...text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S*))(?:\s+|$)/g)];
  if (pairs.map(([whole]) => whole).join('') !== text) throw new Error(`${text}: not understood`);
  return Object.fromEntries(pairs.map(([, name, quoted, plain]) => [name, substitute(quoted ?? plain ?? '', values)]));
}

export function substitute(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{(\w+)\}|\$(\w+)/g, (whole, braced?: string, bare?: string) => {
    const value = values[braced ?? bare ?? ''];
    if (value === undefined) throw new Error(`${whole} has no value in ${JSON.stringify(text)}`);
    return value;
  });
}

function instructionsOf(text: string): Instruction[] {
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, keyword = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line.trim()) ?? [];
      if (!KEYWORDS.includes(keyword as Keyword)) throw new Error(`${line}: not understood`);
      const flags: Record<string, string> = {};
      const words = rest.replace(/^(?:--(\w+)=(\S+)\s+)+/, (all) => {
        for (const [, name = '', value = ''] of all.matchAll(/--(\w+)=(\S+)/g)) flags[name] = value;
        return '';
      });
      return { keyword: keyword as Keyword, flags, text: words };
    });
}
