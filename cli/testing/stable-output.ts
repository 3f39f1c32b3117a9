import { packageVersion } from '../package-info.ts';

const RECENT_MS = 9 * 24 * 3_600_000;
const AGE = String.raw`\d+[smhdy](?:\d+[smhd])?`;

/**
 * What a command printed without what is another in each run: ages, times of this week, uids, versions, ports, the folder of
 * the test. Names of issues are hashes, and stay.
 */
export function stableOutput(text: string, root: string): string {
  const recent = (time: string) => (Date.now() - Date.parse(time) < RECENT_MS ? undefined : time);
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (time) => recent(time) ?? 'RECENT')
    .replaceAll(/\b\d{4}-\d\d-\d\d\b(?!T)/g, (day) => recent(day) ?? 'RECENT-DAY')
    .replaceAll(new RegExp(`\\b${AGE} ago`, 'g'), 'AGE ago')
    .replaceAll(new RegExp(`\\bafter ${AGE}$`, 'gm'), 'after AGE')
    .replaceAll(new RegExp(`\\| ${AGE} \\|`, 'g'), '| AGE |')
    .replaceAll(new RegExp(`(?<=  )${AGE}( *)(?=\\s)`, 'g'), (age) => 'AGE'.padEnd(age.length))
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replaceAll(/(resourceVersion"?: "?)\d+/g, '$1N')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
    .replaceAll(root, 'ROOT')
    .replaceAll(packageVersion(), 'VERSION')
    .replaceAll(/Node\.js [\d.]+, \w+\/\w+/g, 'NODE')
    .replaceAll(/ +$/gm, '');
}
