import { lazy, type Runnable } from '../command.ts';
import { inSections } from './sections.ts';

/** Each is loaded when it runs. */
const all: readonly Runnable[] = [
  lazy(
    { name: 'up', summary: 'Start everything on this machine and serve kubectl.' },
    async () => (await import('./up.ts')).up,
  ),
  lazy(
    { name: 'get', parameters: '[names...]', summary: 'List what is broken.' },
    async () => (await import('./get.ts')).get,
  ),
  lazy(
    {
      name: 'describe',
      parameters: '<names...>',
      summary: 'Show all that is known of an issue: why, evidence, timeline, what else is wrong.',
    },
    async () => (await import('./describe.ts')).describe,
  ),
  lazy(
    { name: 'search', parameters: '<text...>', summary: 'Find issues by words.' },
    async () => (await import('./search.ts')).search,
  ),
  lazy(
    { name: 'open', parameters: '<name>', summary: 'Open the link of an issue.' },
    async () => (await import('./open.ts')).open,
  ),
  lazy({ name: 'ui', summary: 'Watch what is broken on the full screen.' }, async () => (await import('./ui.ts')).ui),
  lazy(
    {
      name: 'history',
      parameters: '<names...>',
      summary: 'Show all that happened to an issue: episodes, severities, what people did.',
    },
    async () => (await import('./history.ts')).history,
  ),
  lazy(
    {
      name: 'logs',
      parameters: '<name>',
      summary: 'Show the log behind an issue: as it was recorded, or live from the Pod.',
    },
    async () => (await import('./logs.ts')).logs,
  ),
  lazy(
    {
      name: 'groups',
      parameters: '[names...]',
      summary: 'Show what issues have in common: one CVE, one expired credential.',
    },
    async () => (await import('./groups.ts')).groups,
  ),
  lazy(
    {
      name: 'top',
      parameters: '[namespaces|components|applications...]',
      summary: 'Rank namespaces and components by what is open.',
    },
    async () => (await import('./top.ts')).top,
  ),
  lazy(
    { name: 'stats', summary: 'Count what broke, and how long it took to resolve.' },
    async () => (await import('./stats.ts')).stats,
  ),
  lazy(
    {
      name: 'replay',
      parameters: '<folder|file|->',
      summary: 'Print the issues of recorded objects, without a cluster.',
    },
    async () => (await import('./replay.ts')).replay,
  ),
  lazy(
    { name: 'server', summary: 'Serve the aggregated API in a cluster.' },
    async () => (await import('./server.ts')).server,
  ),
  lazy(
    { name: 'controllers', summary: 'Run the controllers of a configuration against a server.' },
    async () => (await import('./controllers.ts')).controllers,
  ),
  lazy(
    { name: 'explain', parameters: '<kind/name...>', summary: 'Show why there is an issue for an object, or none.' },
    async () => (await import('./explain.ts')).explain,
  ),
  lazy(
    { name: 'doctor', summary: 'Find out why there are no issues, and what to do about it.' },
    async () => (await import('./doctor.ts')).doctor,
  ),
  lazy(
    {
      name: 'config',
      parameters: '[action] [argument]',
      summary: 'Look at the configuration: as it counts, what is wrong with it, what it may say.',
    },
    async () => (await import('./config.ts')).config,
  ),
  lazy(
    { name: 'rbac', summary: 'Print the rights that the controllers of a configuration need.' },
    async () => (await import('./rbac.ts')).rbac,
  ),
  lazy(
    {
      name: 'trusted-tasks',
      parameters: '<artifacts...>',
      summary: 'Make a ConfigMap for konflux/task-bundles of a list of trusted tasks in a registry.',
    },
    async () => (await import('./trusted-tasks.ts')).trustedTasks,
  ),
  lazy(
    { name: 'resolve', parameters: '[issues...]', summary: 'Resolve an issue by hand.' },
    async () => (await import('./resolve.ts')).resolve,
  ),
  lazy(
    {
      name: 'acknowledge',
      aliases: ['ack'],
      parameters: '[issues...]',
      summary: 'Say that you have taken note of an issue.',
    },
    async () => (await import('./acknowledge.ts')).acknowledge,
  ),
  lazy(
    { name: 'snooze', parameters: '[issues...]', summary: 'Be quiet about an issue for a while.' },
    async () => (await import('./snooze.ts')).snooze,
  ),
  lazy(
    {
      name: 'evidence',
      parameters: '<issue>',
      summary: 'Show what showed an issue: the failing step and the end of its log.',
    },
    async () => (await import('./evidence.ts')).evidence,
  ),
  lazy(
    { name: 'assign', parameters: '[issues...]', summary: 'Say who works on an issue.' },
    async () => (await import('./assign.ts')).assign,
  ),
  lazy(
    { name: 'due', parameters: '[issues...]', summary: 'Say by when an issue shall be resolved.' },
    async () => (await import('./due.ts')).due,
  ),
  lazy(
    { name: 'comment', parameters: '<words...>', summary: 'Say something about an issue.' },
    async () => (await import('./comment.ts')).comment,
  ),
  lazy(
    { name: 'report', summary: 'Report what is wrong with something, or that nothing is.' },
    async () => (await import('./report.ts')).report,
  ),
  lazy(
    {
      name: 'receiver',
      parameters: '<test> <receiver.yaml> <payload.json>',
      summary: 'Show what a receiver of webhooks makes of a payload.',
    },
    async () => (await import('./receiver.ts')).receiver,
  ),
  lazy(
    {
      name: 'rule',
      parameters: '<test|backtest> <rule.yaml> [objects...]',
      summary: 'Show what a rule makes of objects, or would have made of recorded ones.',
    },
    async () => (await import('./rule.ts')).rule,
  ),
  lazy(
    {
      name: 'new',
      parameters: '<controller> <name>',
      summary: 'Write a new controller: plugin, fixture, test, README.',
    },
    async () => (await import('./new.ts')).newCommand,
  ),
  lazy(
    {
      name: 'record',
      parameters: '<kinds...>',
      summary: 'Record what happens to objects of a cluster, for tests and backtests.',
    },
    async () => (await import('./record.ts')).record,
  ),
  lazy(
    { name: 'import', parameters: '<system>', summary: 'Copy what another system stored: kite.' },
    async () => (await import('./import.ts')).importCommand,
  ),
  lazy(
    {
      name: 'migrate',
      parameters: '<plan|up|status>',
      summary: 'Show, plan or run the migrations of a database.',
    },
    async () => (await import('./migrate.ts')).migrate,
  ),
  lazy(
    { name: 'backup', parameters: '<file|->', summary: 'Write everything that is stored to a file.' },
    async () => (await import('./backup.ts')).backup,
  ),
  lazy(
    {
      name: 'restore',
      parameters: '<file|->',
      summary: 'Restore what "faultline backup" wrote into an empty database.',
    },
    async () => (await import('./restore.ts')).restore,
  ),
  lazy(
    { name: 'uninstall', summary: 'Take Faultline out of a cluster, in the right order.' },
    async () => (await import('./uninstall.ts')).uninstall,
  ),
  lazy(
    { name: 'conformance', summary: 'Check whether an aggregated resource behaves as a built-in one.' },
    async () => (await import('./conformance.ts')).conformance,
  ),
  lazy(
    { name: 'list', summary: 'List what is broken, in the words of Kite: see get.' },
    async () => (await import('./list.ts')).list,
  ),
  lazy(
    {
      name: 'details',
      parameters: '[name]',
      summary: 'Show all that is known of an issue, in the words of Kite: see describe.',
    },
    async () => (await import('./details.ts')).details,
  ),
  lazy(
    {
      name: 'completion',
      parameters: '<bash|zsh|fish|kubectl>',
      summary: 'Print what makes a shell complete commands, flags and names.',
    },
    async () => (await import('./completion.ts')).completion,
  ),
  lazy(
    { name: 'version', summary: 'Print the version, and that of the server.' },
    async () => (await import('./version.ts')).version,
  ),
];

/** Every command, in the order of `faultline --help`. */
export const commands: readonly Runnable[] = inSections(all);
