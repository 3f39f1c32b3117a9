import type { GetOptions } from '../../commands/get.ts';
import type { Streams } from '../../streams.ts';
import type { Printer } from './printer.ts';
import { tablePrinter } from './table.ts';

/** What a printer is chosen by; `singular`: of another resource than issues. */
export type Printing = Pick<GetOptions, 'headers' | 'allNamespaces' | 'names' | 'watch' | 'output' | 'labels'> & {
  readonly singular?: string;
  /** States that were asked for; undefined or none: any. */
  readonly filters?: Pick<GetOptions['filters'], 'state'>;
};

/** The printer of `-o`. Throws a UsageError for a template that cannot be read. */
export async function printerOf(options: Printing, streams: Streams): Promise<Printer> {
  const { headers, allNamespaces: withNamespace, names, watch } = options;
  const { format, template } = options.output;
  const { out } = streams;
  const single = names.length === 1 || watch;
  switch (format) {
    case 'json':
      return (await import('./objects.ts')).jsonPrinter(single, out);
    case 'yaml':
      return (await import('./objects.ts')).yamlPrinter(single, out);
    case 'jsonpath':
      return (await import('./templates.ts')).jsonPathPrinter(template, single, out);
    case 'custom-columns':
      return (await import('./templates.ts')).customColumnsPrinter(template, headers, out);
    case 'name':
      return (await import('./records.ts')).namePrinter(out, options.singular);
    case 'csv':
      return (await import('./records.ts')).csvPrinter(headers, out);
    case 'markdown':
      return (await import('./records.ts')).markdownPrinter({ withNamespace, headers }, out);
    default:
      return tablePrinter(
        { wide: format === 'wide', headers, withNamespace, states: showsStates(options), labels: options.labels },
        streams,
      );
  }
}

function showsStates({ watch, filters }: Printing): boolean {
  return watch || filters?.state.join() !== 'Active';
}
