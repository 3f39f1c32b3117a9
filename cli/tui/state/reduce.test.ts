import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BINDINGS } from '../keys/bindings.ts';
import type { Action } from './action.ts';
import { anchored, type Lines, TOP } from './cursor.ts';
import { EDITS, edited, editOf, typed } from './edit.ts';
import { settled } from './places.ts';
import { reduce, type Surroundings } from './reduce.ts';
import { ISSUES, initialState, placeOf, type State } from './state.ts';

const NOW = Date.UTC(2026, 10, 21, 9);

function linesOf(keys: readonly string[]): Lines {
  return { count: keys.length, keyAt: (at) => keys[at], indexOf: (key) => keys.indexOf(key) };
}

function around(keys: readonly string[] = [], page = 5): Surroundings {
  return {
    ...{ lines: linesOf(keys), page, now: NOW, isProposed: false },
    under: (key) => (key.startsWith('\u0000') ? keys.filter((each) => each.startsWith(`${key.slice(1)}/`)) : [key]),
    completions: (command) =>
      command === 'namespaces' ? ['all', 'shop', 'search'] : command === 'view' ? ['mine'] : [],
  };
}

const start = initialState({
  size: { columns: 80, rows: 10 },
  shortcuts: ['shop'],
  saved: [{ name: 'mine', filter: 'sev:critical', grouping: 'namespace' }],
});
const KEYS = ['shop/a', 'shop/b', 'docs/c', 'docs/d', 'docs/e', 'docs/f', 'docs/g'];

/** Does one after another, and answers the last state. */
function done(actions: readonly Action[], from: State = start, keys = KEYS): State {
  return actions.reduce((state, action) => settled(reduce(state, action, around(keys))[0], linesOf(keys), 5), from);
}

const typedLine = (text: string, prompt: 'filter' | 'command'): Action[] => [
  { kind: 'prompt', prompt },
  { kind: 'type', text },
  { kind: 'submit' },
];

describe('moving', () => {
  it('stays in the list, and the selection on the screen', () => {
    const { cursor } = placeOf(
      done([
        { kind: 'move', by: 1 },
        { kind: 'page', pages: 1 },
      ]),
    );
    expect(cursor).toEqual({ key: 'docs/g', index: 6, top: 2 });
    expect(placeOf(done([{ kind: 'bottom' }, { kind: 'top' }])).cursor).toEqual(TOP);
  });

  it('who is at the top stays there when something worse comes; a selection keeps its line on the screen', () => {
    expect(anchored(TOP, linesOf(['new/x', ...KEYS]), 5)).toEqual(TOP);
    const { cursor } = placeOf(done([{ kind: 'move', by: 4 }]));
    expect(anchored(cursor, linesOf(['new/x', ...KEYS]), 5)).toEqual({ key: 'docs/e', index: 5, top: 1 });
  });

  it('what is gone gives its place to what comes after it', () => {
    const { cursor } = placeOf(done([{ kind: 'move', by: 2 }]));
    const rest = KEYS.filter((key) => key !== 'docs/c');
    expect(anchored(cursor, linesOf(rest), 5)).toMatchObject({ key: 'docs/d', index: 2 });
  });
});

describe('places', () => {
  it('enter shows the issue, back comes to the same selection, forward to the issue again', () => {
    const inside = done([{ kind: 'move', by: 2 }, { kind: 'enter' }]);
    expect(placeOf(inside).view).toEqual({ kind: 'issue', namespace: 'docs', name: 'c', asOf: undefined });
    const back = done([{ kind: 'back' }], inside);
    expect(placeOf(back).cursor.key).toBe('docs/c');
    expect(placeOf(done([{ kind: 'forward' }], back)).view.kind).toBe('issue');
  });

  it('enter on a group shows its issues, also out of what is known of it; back comes to the group again', () => {
    const groups = [
      { kind: 'go', view: { kind: 'groups', filter: '' } },
      { kind: 'move', by: 1 },
    ] as const;
    const names = ['cve-a', 'cve-b'];
    const issues = done([...groups, { kind: 'enter' }], start, names);
    expect(placeOf(issues).view).toEqual({ ...ISSUES, group: 'cve-b' });
    expect(placeOf(done([{ kind: 'back' }], issues, names))).toMatchObject({
      ...{ view: { kind: 'groups' }, cursor: { key: 'cve-b' } },
    });
    const known = done([...groups, { kind: 'details' }], start, names);
    expect(placeOf(known).view).toEqual({ kind: 'group', name: 'cve-b' });
    const inside = done([{ kind: 'enter' }], known);
    expect(placeOf(inside).view).toEqual({ ...ISSUES, group: 'cve-b' });
    expect(placeOf(done([{ kind: 'escape' }], inside)).view).toEqual({ kind: 'group', name: 'cve-b' });
    // Narrowed, or of then, it is the same group.
    const narrowed = done(
      [
        { kind: 'namespace', namespace: 'shop' },
        { kind: 'scrub', by: -3_600_000 },
      ],
      issues,
      names,
    );
    expect(placeOf(narrowed).view).toMatchObject({ group: 'cve-b', namespace: 'shop', asOf: NOW - 3_600_000 });
  });

  it('a list of issues can be saved; of anything else it is said what to do', () => {
    const saved = (state: State, isProposed = false) => {
      const [{ notice }, effects] = reduce(state, { kind: 'save', name: 'x' }, { ...around(KEYS), isProposed });
      return notice?.text ?? effects[0]?.kind;
    };
    const group = initialState({ size: start.size, view: { group: 'cve-b' } });
    expect([saved(start), saved(done([{ kind: 'enter' }])), saved(group), saved(group, true)]).toEqual([
      ...['save', 'only a list of issues can be saved'],
      ...['a group cannot be saved: filter by group:TEXT, and save that', 'a proposed group cannot be saved'],
    ]);
  });

  it('escape leaves the innermost thing first', () => {
    let state = done([...typedLine('fail', 'filter'), { kind: 'scrub', by: -3_600_000 }, { kind: 'mark' }]);
    const steps: unknown[] = [];
    for (let step = 0; step < 4; step++) {
      const { view } = placeOf(state);
      steps.push([state.marked.size, 'asOf' in view && view.asOf !== undefined, 'filter' in view && view.filter]);
      state = done([{ kind: 'escape' }], state);
    }
    expect(steps).toEqual([
      [1, true, 'fail'],
      [0, true, 'fail'],
      [0, false, 'fail'],
      [0, false, ''],
    ]);
  });

  it('q at the first place leaves, elsewhere goes back', () => {
    expect(reduce(start, { kind: 'leave' }, around())[1]).toEqual([{ kind: 'quit' }]);
    const inside = done([{ kind: 'enter' }]);
    expect(reduce(inside, { kind: 'leave' }, around())[0].at).toBe(0);
  });

  it('the past is left at now, and nothing can be done to it', () => {
    const hour = 3_600_000;
    const past = done([{ kind: 'scrub', by: -2 * hour }]);
    expect(placeOf(past).view).toMatchObject({ asOf: NOW - 2 * hour });
    expect(reduce(past, { kind: 'act', act: 'resolve' }, around(KEYS))).toMatchObject([
      { notice: { text: 'the past cannot be changed: Esc leaves it' } },
      [],
    ]);
    expect(
      placeOf(
        done(
          [
            { kind: 'scrub', by: hour },
            { kind: 'scrub', by: hour },
          ],
          past,
        ),
      ).view,
    ).toMatchObject({ asOf: undefined });
  });
});

describe('what is typed', () => {
  it('filters while it is typed; escape brings back what was', () => {
    const before = done(typedLine('old', 'filter'));
    const typing = done(
      [
        { kind: 'prompt', prompt: 'filter' },
        { kind: 'edit', key: 'clear' },
        { kind: 'type', text: 'new' },
      ],
      before,
    );
    expect(placeOf(typing).view).toMatchObject({ filter: 'new' });
    expect(placeOf(done([{ kind: 'escape' }], typing)).view).toMatchObject({ filter: 'old' });
  });

  it.each([
    ['q', { effects: [{ kind: 'quit' }] }],
    ['groups', { view: { kind: 'groups' } }],
    ['ns shop', { view: { kind: 'issues', namespace: 'shop' } }],
    ['ns', { view: { kind: 'namespaces' } }],
    ['history 2h', { view: { kind: 'issues', asOf: NOW - 7_200_000 } }],
    ['mine', { view: { kind: 'issues', filter: 'sev:critical', grouping: 'namespace' } }],
    ['group-by severity', { view: { grouping: 'severity' } }],
    ['sort sinse', { notice: ':sort takes severity, since, last-seen, name, namespace, count; did you mean "since"?' }],
    ['isues', { notice: 'there is no command :isues; did you mean "issues"?' }],
    ['history 2030-01-01T00:00:00Z', { notice: 'that is to come' }],
    ['save x y', { notice: 'save as what?' }],
    ['save worst', { effects: [{ kind: 'save', view: { name: 'worst' } }] }],
    ['ack', { effects: [{ kind: 'check', act: 'acknowledge', keys: ['shop/a'] }] }],
  ])(':%s', (line, { view, notice, effects }: { view?: object; notice?: string; effects?: object[] }) => {
    const [prompt, type, submit] = typedLine(line, 'command') as [Action, Action, Action];
    const [state, effectsOf] = reduce(done([prompt, type]), submit, around(KEYS));
    expect(state.prompt).toBeUndefined();
    if (view) expect(placeOf(state).view).toMatchObject(view);
    if (notice) expect(state.notice?.text).toContain(notice);
    expect(effectsOf).toEqual(effects ?? []);
  });

  it('is completed as far as it is clear', () => {
    const complete = (text: string) =>
      done([{ kind: 'prompt', prompt: 'command' }, { kind: 'type', text }, { kind: 'complete' }]).prompt?.edit.text;
    expect(['contr', 'ns s', 'ns sh', 'theme h', 's', 'zz', 'mi'].map(complete)).toEqual([
      ...['controllers ', 'ns s', 'ns shop', 'theme high-contrast', 's', 'zz', 'mine '],
    ]);
  });
});

describe('what was typed before', () => {
  it('comes back, the last first, and below it what was being typed', () => {
    const typing = done([
      ...typedLine('ns shop', 'command'),
      ...typedLine('groups', 'command'),
      ...typedLine('ns shop', 'command'),
      ...typedLine('gruops', 'command'),
      { kind: 'prompt', prompt: 'command' },
      { kind: 'type', text: 'th' },
    ]);
    let state = typing;
    const lines = ([1, 1, 1, 1, -1, -1, -1, -1] as const).map((by) => {
      state = done([{ kind: 'recall', by }], state);
      return state.prompt?.edit.text;
    });
    expect(lines).toEqual(['gruops', 'ns shop', 'groups', 'groups', 'ns shop', 'gruops', 'th', 'th']);
  });

  it('is a filter in a filter, and acts at once', () => {
    const state = done([
      ...typedLine('sev:critical', 'filter'),
      ...typedLine('issues', 'command'),
      { kind: 'prompt', prompt: 'filter' },
      { kind: 'recall', by: 1 },
    ]);
    expect(placeOf(state).view).toMatchObject({ filter: 'sev:critical' });
    expect(placeOf(done([{ kind: 'escape' }], state)).view).toMatchObject({ filter: '' });
  });
});

describe('actions', () => {
  it('are asked for what is marked, else for what is selected; of a group for all of it', () => {
    const marked = done([{ kind: 'mark' }, { kind: 'mark' }]);
    expect(reduce(marked, { kind: 'act', act: 'snooze' }, around(KEYS))[1]).toEqual([
      { kind: 'check', act: 'snooze', keys: ['shop/a', 'shop/b'] },
    ]);
    const keys = ['\u0000docs', 'docs/c', 'docs/d'];
    expect(reduce(start, { kind: 'act', act: 'resolve' }, around(keys))[1]).toEqual([
      { kind: 'check', act: 'resolve', keys: ['docs/c', 'docs/d'] },
    ]);
  });

  it('are done when they are allowed and the reason is typed; what is done is no longer marked', () => {
    const asked = done([
      { kind: 'mark' },
      { kind: 'act', act: 'snooze' },
      { kind: 'allowed', act: 'snooze', keys: ['shop/a'] },
      { kind: 'type', text: 'a flake' },
    ]);
    const [state, effects] = reduce(asked, { kind: 'submit' }, around(KEYS));
    expect(effects).toEqual([{ kind: 'act', act: 'snooze', keys: ['shop/a'], text: '2h a flake' }]);
    expect(done([{ kind: 'done', keys: ['shop/a'] }], state).marked.size).toBe(0);
  });
});

/** Every UTF-16 unit, alone and together. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 12 }).map((units) => String.fromCharCode(...units));
const text = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('ns shop', 'sev:critical', 'groups', 'q', 'ack'));
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...BINDINGS.map((binding) => binding.action)) },
  text.map((typedText): Action => ({ kind: 'type', text: typedText })),
  fc.constantFrom<Action>(
    { kind: 'submit' },
    { kind: 'complete' },
    { kind: 'escape' },
    { kind: 'recall', by: 1 },
    { kind: 'recall', by: -1 },
  ),
  fc.constantFrom(...EDITS).map((key): Action => ({ kind: 'edit', key })),
  fc.record({
    kind: fc.constant('resize' as const),
    size: fc.record({ columns: fc.integer({ min: 1, max: 300 }), rows: fc.integer({ min: 1, max: 99 }) }),
  }),
);

describe('an answer about rights that comes late', () => {
  const press: Action = { kind: 'act', act: 'resolve' };
  const answer: Action = { kind: 'allowed', act: 'resolve', keys: ['shop/a'] };

  it.each<[string, Action[]]>([
    ['a command is being typed', [{ kind: 'prompt', prompt: 'command' }]],
    ['a command went elsewhere', typedLine('ns docs', 'command')],
    ['the selection moved', [{ kind: 'move', by: 1 }]],
    ['others are marked', [{ kind: 'mark-all' }]],
    ['another act was asked for', [{ kind: 'act', act: 'snooze' }]],
  ])('takes no key when %s', (_, between) => {
    const before = done([press, ...between]);
    const after = done([answer], before);
    expect(after.prompt).toEqual(before.prompt);
    expect(placeOf(after)).toEqual(placeOf(before));
  });

  it('is no answer about another issue that came to the top of the list', () => {
    const [asked] = reduce(start, press, around(KEYS));
    const [after] = reduce(asked, answer, around(['new/x', ...KEYS]));
    expect(after.prompt).toBeUndefined();
    expect(after.notice?.text).toMatch(/something else is selected than when resolve was asked for/);
  });

  it('whatever is pressed before and after it: the reason is asked for what is selected at that moment alone, and no line is taken', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 6 }), fc.array(action, { maxLength: 6 }), (first, between) => {
        const before = done(first);
        const [asked, effects] = reduce(before, press, around(KEYS));
        const [effect] = effects;
        if (effect?.kind !== 'check') return;
        // Who asks again asks about another moment.
        const others = between.filter(({ kind }) => kind !== 'act');
        const now = done(others, asked);
        const late: Action = { kind: 'allowed', act: 'resolve', keys: effect.keys };
        const [after] = reduce(now, late, around(KEYS));
        if (now.prompt !== undefined) expect(after.prompt).toBe(now.prompt);
        else if (after.prompt !== undefined) {
          expect(after.prompt).toMatchObject({ kind: 'act', act: 'resolve', keys: effect.keys });
          expect(placeOf(now).view).toBe(placeOf(asked).view);
          expect(reduce(now, press, around(KEYS))[1]).toEqual([effect]);
        }
      }),
    );
  });
});

describe('several issues at once', () => {
  const asked = (marks: Action[], answer = 'y'): ReturnType<typeof reduce> =>
    reduce(
      done([
        ...marks,
        { kind: 'act', act: 'resolve' },
        { kind: 'allowed', act: 'resolve', keys: ['shop/a', 'shop/b'] },
        { kind: 'type', text: 'over' },
        { kind: 'submit' },
        { kind: 'type', text: answer },
      ]),
      { kind: 'submit' },
      around(KEYS),
    );

  it('are acted upon when that is confirmed, and only then', () => {
    const marks: Action[] = [{ kind: 'mark' }, { kind: 'mark' }];
    expect(asked(marks)[1]).toEqual([{ kind: 'act', act: 'resolve', keys: ['shop/a', 'shop/b'], text: 'over' }]);
    for (const answer of ['', 'n', 'yes please']) {
      const [state, effects] = asked(marks, answer);
      expect([state.prompt, effects, state.notice?.text]).toEqual([
        ...[undefined, [], 'nothing was done: resolve was not meant'],
      ]);
    }
  });

  it('of too many, how many are marked is said', () => {
    const many = Array.from({ length: 5_000 }, (_, at) => `shop/${at}`);
    const [all] = reduce(start, { kind: 'mark-all' }, around(many));
    expect([all.marked.size, all.notice?.text]).toEqual([1_000, 'marked: 1,000 of 5,000 issues is the most at once']);
    expect(reduce(all, { kind: 'mark-all' }, around(many))[0].marked.size).toBe(0);
    const [group, effects] = reduce(start, press('resolve'), around(['\u0000shop', ...many]));
    expect([effects, group.notice?.text]).toEqual([
      ...[[], '1,000 of 5,000 issues is the most at once: narrow the list with a filter'],
    ]);
  });
});

function press(act: 'resolve'): Action {
  return { kind: 'act', act };
}

describe('properties of the reducer', () => {
  it('whatever is pressed while whatever changes: the selection is in the list and on the screen, and nothing given is changed', () => {
    const keysOf = fc.uniqueArray(fc.constantFrom(...KEYS, '\u0000docs', '\u0000shop'), { maxLength: 9 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(action, keysOf), { maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        (steps, page) => {
          let state = deepFreeze(start);
          for (const [each, keys] of steps) {
            const [next] = reduce(state, each, around(keys, page));
            expect(reduce(state, each, around(keys, page))[0]).toEqual(next);
            state = deepFreeze(settled(next, linesOf(keys), page));
            const { cursor } = placeOf(state);
            expect(cursor.index).toBeGreaterThanOrEqual(0);
            expect(cursor.index).toBeLessThan(Math.max(1, keys.length));
            expect(cursor.top).toBeLessThanOrEqual(Math.max(0, keys.length - 1));
            expect(cursor.index === 0 || cursor.index - cursor.top < page).toBe(true);
            expect(cursor.top).toBeGreaterThanOrEqual(0);
            if (cursor.key !== undefined) expect(keys[cursor.index]).toBe(cursor.key);
            expect(state.places[state.at]).toBeDefined();
          }
        },
      ),
    );
  });

  it('a line that is typed holds no control character, and its cursor is in it', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyText, fc.constantFrom(...EDITS))), (steps) => {
        let edit = editOf('');
        for (const step of steps) {
          edit = (EDITS as readonly string[]).includes(step)
            ? edited(edit, step as (typeof EDITS)[number])
            : typed(edit, step);
          expect(edit.text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
          expect(edit.at).toBeGreaterThanOrEqual(0);
          expect(edit.at).toBeLessThanOrEqual(edit.text.length);
        }
      }),
    );
  });
});

function deepFreeze(state: State): State {
  Object.freeze(state);
  Object.freeze(state.places);
  for (const place of state.places) {
    Object.freeze(place);
    Object.freeze(place.view);
    Object.freeze(place.cursor);
  }
  return state;
}
