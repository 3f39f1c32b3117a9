import { Option } from 'commander';
import type { Flag } from './command.ts';
import { UsageError } from './exit.ts';
import type { Streams } from './streams.ts';

/** `--tls-cert-file` is `FAULTLINE_TLS_CERT_FILE`. */
export function variableOf({ spelling }: Pick<Flag, 'spelling'>): string {
  const [, name = ''] = /--([a-z][a-z0-9-]*)/.exec(spelling) ?? [];
  return `FAULTLINE_${name.replaceAll('-', '_').toUpperCase()}`;
}

/**
 * What the environment says of the flags of a process, by their camelCase names. A typed flag is stronger, the file is weaker.
 * An empty variable says nothing. Throws a UsageError with every fault. Variables that are no flag's are left alone: Kubernetes
 * itself sets FAULTLINE_SERVICE_HOST where there is a Service called faultline.
 */
export function flagsOfEnvironment(flags: readonly Flag[], env: Streams['env']): Map<string, unknown> {
  const said = flags.flatMap((flag) => {
    const variable = variableOf(flag);
    const text = env[variable];
    return text === undefined || text === '' ? [] : [{ flag, variable, text }];
  });
  const faults = said.flatMap(({ flag, variable, text }) => {
    const { choices, spelling } = flag;
    if (choices && !choices.includes(text))
      return [`$${variable} must be one of ${choices.join(', ')} (is ${JSON.stringify(text)})`];
    const isSwitch = !/[<[]/.test(spelling);
    return isSwitch && text !== 'true' && text !== 'false'
      ? [`$${variable} must be true or false (is ${JSON.stringify(text)})`]
      : [];
  });
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  return new Map(
    said.map(({ flag, text }) => {
      const value = flag.repeated ? text.split(',') : /[<[]/.test(flag.spelling) ? text : text === 'true';
      return [new Option(flag.spelling).attributeName(), value];
    }),
  );
}
