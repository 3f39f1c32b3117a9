import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type CompiledRule, compileRule, type RuleFault } from '../../controllers/rules/index.ts';
import type { IssueRule, RulePath } from '../../crds/issue-rule.ts';
import { issueRuleSchema } from '../../crds/issue-rule-schema.ts';
import { escapeControls } from '../../crds/text.ts';
import { checkedDocument } from '../configuration/checked-document.ts';
import { ConfigurationError, type ConfigurationFault } from '../configuration/fault.ts';
import { Failure } from '../exit.ts';

/** A rule from its file, and how a fault of it is shown: at its place in that file. */
export interface RuleFile {
  readonly rule: CompiledRule;
  readonly declared: IssueRule;
  /** Some lines: the place and what is wrong, then the line of the expression with a mark below. */
  show(fault: RuleFault): string[];
}

/** Throws a ConfigurationError with every fault at its line and column, a Failure where there is no such file. */
export async function readRule(path: string): Promise<RuleFile> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Failure(`cannot read ${path}: ${cause.code === 'ENOENT' ? 'no such file' : cause.code}`, { cause });
  });
  return await parseRule(basename(path), text);
}

export async function parseRule(file: string, text: string): Promise<RuleFile> {
  const { document, value: declared } = checkedDocument<IssueRule>(file, text, issueRuleSchema);
  const { rule, faults } = await compileRule(declared);
  const placed = ({ path, message, place }: RuleFault): ConfigurationFault =>
    place ? document.faultWithin(path, message, place) : document.fault(path, message);
  if (rule === undefined) throw new ConfigurationError(file, faults.map(placed));
  return {
    rule,
    declared,
    show(fault) {
      const { line, column, path, message } = placed(fault);
      return [`${file}:${line}:${column}: ${path}: ${message}`, ...markedLine(declared, fault)].map((one) =>
        escapeControls(one),
      );
    },
  };
}

const LONGEST_LINE = 160;

/** The line of an expression that a fault is in, and a `^` below its column. */
function markedLine(rule: IssueRule, { path, place }: RuleFault): string[] {
  const text = at(rule, path);
  if (place === undefined || typeof text !== 'string') return [];
  const line = text.split('\n')[place.line - 1] ?? '';
  const from = Math.max(0, place.column - LONGEST_LINE);
  return [`  ${line.slice(from, from + LONGEST_LINE)}`, `  ${' '.repeat(place.column - 1 - from)}^`];
}

function at(value: unknown, path: RulePath): unknown {
  return path.reduce<unknown>((found, part) => (found as Record<string | number, unknown> | undefined)?.[part], value);
}
