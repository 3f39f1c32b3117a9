import { Option } from 'commander';
import type { Flag } from './command.ts';
import type { Streams } from './streams.ts';

/** `--tls-cert-file` is `FAULTLINE_TLS_CERT_FILE`. */
export function variableOf({ spelling }: Pick<Flag, 'spelling'>): string {
  const [, name = ''] = /--([a-z][a-z0-9-]*)/.exec(spelling) ?? [];
  return `FAULTLINE_${name.replaceAll('-', '_').toUpperCase()}`;
}

/**
 * What the environment says of the flags of a process, by their camelCase names. A typed flag is stronger, the file is weaker.
 * An empty variable says nothing, a faulty one is among the faults. Variables that are no flag's are left alone: Kubernetes
 * itself sets FAULTLINE_SERVICE_HOST where there is a Service called faultline.
 */
export function flagsOfEnvironment(flags: readonly Flag[], env: Streams['env']): FlagsOfEnvironment {
  const said = flags.flatMap((flag) => {
    const variable = variableOf(flag);
    const text = env[variable];
    return text === undefined || text === '' ? [] : [{ flag, variable, text }];
  });
  const read = said.map(({ flag, variable, text }) => ({ flag, text, fault: faultOf(flag, variable, text) }));
  const good = read.filter(({ fault }) => fault === undefined);
  return {
    values: new Map(good.map(({ flag, text }) => [new Option(flag.spelling).attributeName(), textAs(flag, text)])),
    faults: read.flatMap(({ fault }) => fault ?? []),
  };
}

export interface FlagsOfEnvironment {
  readonly values: ReadonlyMap<string, unknown>;
  readonly faults: readonly string[];
}

const isSwitch = ({ spelling }: Flag): boolean => !/[<[]/.test(spelling);

function faultOf(flag: Flag, variable: string, text: string): string | undefined {
  const { choices } = flag;
  const is = `(is ${JSON.stringify(text)})`;
  if (choices && !choices.includes(text)) return `$${variable} must be one of ${choices.join(', ')} ${is}`;
  return isSwitch(flag) && text !== 'true' && text !== 'false' ? `$${variable} must be true or false ${is}` : undefined;
}

function textAs(flag: Flag, text: string): unknown {
  if (isSwitch(flag)) return text === 'true';
  return flag.repeated ? text.split(',') : text;
}
