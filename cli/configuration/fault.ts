/** What is wrong at one place of a configuration. Lines and columns count from 1. */
export interface ConfigurationFault {
  readonly line: number;
  readonly column: number;
  /** `controllers[0].maxAge`; empty for the document as a whole. */
  readonly path: string;
  readonly message: string;
}

/** Every fault of one configuration at once; its message has one line a fault, as compilers write them. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly file: string;
  readonly faults: readonly ConfigurationFault[];

  constructor(file: string, faults: readonly ConfigurationFault[]) {
    const sorted = [...faults].sort((a, b) => a.line - b.line || a.column - b.column);
    super(sorted.map((fault) => formatFault(file, fault)).join('\n'));
    this.file = file;
    this.faults = sorted;
  }
}

function formatFault(file: string, { line, column, path, message }: ConfigurationFault): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`;
}

export type Path = readonly (string | number)[];

/** `['controllers', 0, 'with', 'a.b']` as `controllers[0].with["a.b"]`. */
export function formatPath(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!/^[A-Za-z_$][\w$-]*$/.test(part)) return `[${JSON.stringify(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}
