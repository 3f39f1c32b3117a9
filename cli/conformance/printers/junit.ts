import type { Report } from '../report.ts';
import type { Result } from '../run.ts';

/**
 * JUnit XML as CI systems read it: a suite a level, a case an item, and a suite of the comparisons. A SHOULD or COULD
 * that is not met is a failure there too: which of them stop a pipeline is what `--level` says.
 */
export function printJunit(report: Report): string {
  const suites = report.scores.map(({ level, passed, failed, skipped }) => {
    const own = report.results.filter(({ item }) => item.level === level);
    const attributes = { name: level, tests: passed + failed + skipped, failures: failed, errors: 0, skipped };
    return element(
      'testsuite',
      { ...attributes, time: seconds(own) },
      own.map((result) => caseOf(result, report)),
    );
  });
  const all = [...suites, ...oracleSuite(report)];
  const { resource } = report;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', { name: `conformance of ${resource}` }, all)}\n`;
}

function caseOf({ item, outcome, message, ms }: Result, { resource }: Report): string {
  const { number, level, requirement, breaks } = item;
  const attributes = { name: `${number} ${requirement}`, classname: `${resource}.${level}`, time: ms / 1_000 };
  if (outcome === 'passed') return element('testcase', attributes, []);
  if (outcome === 'skipped') return element('testcase', attributes, [element('skipped', { message }, [])]);
  return element('testcase', attributes, [
    element('failure', { message, type: level }, [escaped(`breaks: ${breaks}`)]),
  ]);
}

function oracleSuite({ oracle, resource }: Report): string[] {
  if (oracle === undefined) return [];
  const cases = oracle.comparisons.map(({ request: { number, path, accept }, differences }) => {
    const name = `${number} GET …${path}${accept === undefined ? '' : ` (Accept: ${accept})`}`;
    const failure = element('failure', { message: differences[0] ?? '', type: 'oracle' }, [
      escaped(differences.join('\n')),
    ]);
    return element('testcase', { name, classname: `${resource}.oracle` }, differences.length > 0 ? [failure] : []);
  });
  const failures = oracle.comparisons.filter(({ differences }) => differences.length > 0).length;
  const attributes = { name: `as ${oracle.resource}`, tests: cases.length, failures, errors: 0, skipped: 0 };
  return [element('testsuite', attributes, cases)];
}

function seconds(results: readonly Result[]): number {
  return results.reduce((sum, { ms }) => sum + ms, 0) / 1_000;
}

function element(name: string, attributes: Record<string, string | number>, content: readonly string[]): string {
  const head = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${escaped(String(value))}"`)].join(
    ' ',
  );
  return content.length === 0 ? `<${head}/>` : `<${head}>${content.join('\n')}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 has no way to write most control characters, nor half a surrogate pair. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
    .replace(/[\n\t\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
