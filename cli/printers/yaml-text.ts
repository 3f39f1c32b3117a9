import { stringify } from 'yaml';
import { yamlForTerminal } from '../../crds/text.ts';

/**
 * YAML as kubectl prints it, that every reader reads the same: a time, `yes` or `012` that is a text has quotes, because
 * readers of YAML 1.1 (PyYAML, Ruby, Helm) take it for something else. A long title is one line for grep, there are no
 * aliases, and nothing of it is executed by a terminal.
 */
export function yamlText(value: unknown): string {
  return yamlForTerminal(stringify(value, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false }));
}
