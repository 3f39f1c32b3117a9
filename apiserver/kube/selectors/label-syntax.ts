import { quoted } from '../quote.ts';

/**
 * What may be a key and a value of a label, with the words of `k8s.io/apimachinery/pkg/util/validation`: clients show
 * them as they are. Each function answers what is wrong, '' for nothing.
 */
export function labelKeyFault(key: string): string {
  const parts = key.split('/');
  if (parts.length > 2) {
    return `a qualified name ${explained(CHARACTERS, NAME_PATTERN, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
  }
  const name = parts.at(-1) as string;
  const faults = parts.length === 2 ? [prefixFault(parts[0] as string)] : [];
  if (name === '') faults.push('name part must be non-empty');
  else if (name.length > 63) faults.push('name part must be no more than 63 characters');
  if (!NAME.test(name)) {
    faults.push(`name part ${explained(CHARACTERS, NAME_PATTERN, 'MyName', 'my.name', '123-abc')}`);
  }
  return faults.filter((fault) => fault !== '').join('; ');
}

export function labelValueFault(value: string): string {
  const faults: string[] = [];
  if (Buffer.byteLength(value) > 63) faults.push('must be no more than 63 characters');
  if (!VALUE.test(value)) {
    const text = `a valid label must be an empty string or ${CHARACTERS.replace('must ', '')}`;
    faults.push(explained(text, VALUE_PATTERN, 'MyValue', 'my_value', '12345'));
  }
  return faults.join('; ');
}

/** `values[0][tier]: Invalid value: "-web": …`, as a field error prints. */
export function invalidValue(path: string, value: string, fault: string): string {
  return `${path}: Invalid value: ${quoted(value)}: ${fault}`;
}

const CHARACTERS =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const SUBDOMAIN =
  "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const NAME_PATTERN = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const VALUE_PATTERN = `(${NAME_PATTERN})?`;
const SUBDOMAIN_PATTERN = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const NAME = new RegExp(`^${NAME_PATTERN}$`);
const VALUE = new RegExp(`^${VALUE_PATTERN}$`);
const PREFIX = new RegExp(`^${SUBDOMAIN_PATTERN}$`);

function prefixFault(prefix: string): string {
  if (prefix === '') return 'prefix part must be non-empty';
  const faults = prefix.length > 253 ? ['prefix part must be no more than 253 characters'] : [];
  if (!PREFIX.test(prefix)) faults.push(explained(SUBDOMAIN, SUBDOMAIN_PATTERN, 'example.com'));
  return faults.join('; ');
}

function explained(text: string, pattern: string, ...examples: readonly string[]): string {
  return `${text} (e.g. ${examples.map((example) => `'${example}'`).join(',  or ')}, regex used for validation is '${pattern}')`;
}
