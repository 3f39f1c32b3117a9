import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { KubernetesObject } from '../../crds/meta.ts';
import { ChangeLog } from './change-log.ts';
import type { Session } from './database.ts';
import { issueFields, issueObject, servedLabels } from './issue-object.ts';
import { activeIssue, change, commitOne, open, readOne, ref, run, stored, write } from './samples.contract.ts';
import type { SqlStore } from './sql-store.ts';
import type { StoreChanges, StoredIssue } from './store.ts';
import { hideIssue, reopenIssue, resolveIssue } from './transitions.ts';
import { WakeUps } from './wake-ups.ts';

/** The change log: aggregated-api.md section 6. V3 needs two connections and is in the e2e file. */
export function changeLogContract(get: () => SqlStore): void {
  const log = (): StoreChanges => get().changes('issues');
  const resolve = (name: string) =>
    change(get(), ref(name), (issue, now) => resolveIssue(issue, { at: now, now, reason: 'Recovered' }));

  test('V1 numbers are strictly increasing integers below 2^53 in every object and event', async () => {
    const numbers: number[] = [];
    for (const name of ['a', 'b', 'c']) numbers.push((await open(get(), ref(name))).change);
    expect(numbers.every((number) => Number.isSafeInteger(number) && number > 0)).toBe(true);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    const { objects } = await log().snapshot();
    expect(objects.map(({ metadata }) => Number(metadata.resourceVersion)).sort()).toEqual(numbers);
  });

  test('a snapshot may take a minute where a commit may take two seconds: a busy server that starts still gets it', async () => {
    let asked: unknown;
    const known = {
      fields: () => ({}),
      snapshot: async (session: Session) => {
        asked = await session.query(
          `SELECT current_setting('statement_timeout') AS read, current_setting('idle_in_transaction_session_timeout') AS idle`,
        );
      },
    };
    const { database } = get();
    await new ChangeLog({ database, resource: 'issues', wakeUps: new WakeUps(), known }).snapshot();
    expect(asked).toEqual([{ read: '1min', idle: '1min' }]);
  });

  test('a snapshot can be received page by page, and then the answer holds no object again', async () => {
    for (const name of ['a', 'b', 'c']) await open(get(), ref(name));
    const received: string[] = [];
    const { objects } = await log().snapshot((page) => received.push(...page.map(({ metadata }) => metadata.uid)));
    expect(objects).toEqual([]);
    const whole = await log().snapshot();
    expect(received.sort()).toEqual(whole.objects.map(({ metadata }) => metadata.uid).sort());
    expect(received).toHaveLength(3);
  });

  // Not what the feed said of it: only `spec` is stored byte by byte; members of jsonb (labels, observed, conditions) may change order.
  test('V5 what a snapshot says of an issue after its metadata is, byte for byte, what its object is as JSON', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 200 }).map((any) => any.replaceAll('\0', ''));
    const said = fc.record({
      title: text,
      description: text,
      url: fc.webUrl(),
      label: text,
      assignee: fc.option(text, { nil: undefined }),
      snoozed: fc.boolean(),
    });
    let count = 0;
    const kept = fc.asyncProperty(said, async ({ title, description, url, label, assignee, snoozed }) => {
      const subject = ref(`odd-${count++}`);
      const { spec } = activeIssue(subject, 0);
      await open(get(), subject, {
        spec: { ...spec, title, description, links: [{ rel: 'log', title: description, url }], labels: { label } },
        ...(assignee !== undefined && { assignee }),
        ...(snoozed && { snoozedUntil: '2026-11-22T07:33:45Z' }),
      } as Partial<StoredIssue>);
      if (count % 2 === 0) await resolve(subject.subject.name);
    });
    await fc.assert(kept, { numRuns: 20 });
    const seen = new Map<string, { object: KubernetesObject; rest: string | undefined }>();
    await log().snapshot((page, rests) => {
      for (const [index, object] of page.entries()) seen.set(object.metadata.name, { object, rest: rests?.[index] });
    });
    expect(seen.size).toBe(count);
    for (const { object, rest } of seen.values()) {
      const { apiVersion: _v, kind: _k, metadata, ...after } = object;
      expect(rest).toBe(`,${JSON.stringify(after).slice(1)}`);
      // Read column by column, as every other reader does.
      const read = await get().issue(metadata.namespace ?? '', metadata.name);
      expect(JSON.stringify(object)).toBe(JSON.stringify(issueObject(read as StoredIssue)));
    }
  });

  test('a snapshot of several pages has every issue once, in the order of lists; who cannot take one gets no more', async () => {
    const state = await Promise.all(Array.from({ length: 401 }, (_, index) => readOne(get(), ref(`many-${index}`))));
    await get().commit(
      state.map((each) => ({
        ...write(each, [{ op: 'insert', issue: activeIssue(each.ref, each.now) }]),
        watermarks: new Map([['', run(each.now)]]),
      })),
    );
    const names: string[] = [];
    await log().snapshot((page) => names.push(...page.map(({ metadata }) => metadata.name)));
    expect(names).toHaveLength(401);
    expect(names).toEqual([...new Set(names)].sort());
    const refuse = vi.fn(() => {
      throw new Error('no room');
    });
    await expect(log().snapshot(refuse)).rejects.toThrow('no room');
    expect(refuse).toHaveBeenCalledTimes(1);
    expect((await log().snapshot()).objects).toHaveLength(401);
  });

  test('V2 the number of an empty list is the last committed one, never 0', async () => {
    const { resourceVersion, objects } = await log().snapshot();
    expect(objects).toEqual([]);
    expect(resourceVersion).toBeGreaterThan(0);
    expect(resourceVersion).toBe(await log().latest());
  });

  test('the number begins at the microseconds since 1970, so that a restore cannot bring an old one back', async () => {
    expect(await get().lastChange()).toBeGreaterThan(1_700_000_000_000_000);
  });

  test('V4 a change carries the full object with its number, and what labels and fields were before', async () => {
    const opened = await open(get(), ref('frontend'));
    const { lastChange } = await resolve('frontend');
    const resolved = await stored(get(), ref('frontend'));
    const { changes, upTo } = await log().since(opened.change - 1, 10);
    expect(changes).toEqual([
      { resourceVersion: opened.change, type: 'ADDED', object: issueObject(opened) },
      {
        ...{ resourceVersion: lastChange, type: 'MODIFIED', object: issueObject(resolved) },
        previous: { labels: servedLabels(opened), fields: issueFields(issueObject(opened)) },
      },
    ]);
    expect(upTo).toBe(lastChange);
  });

  test('V5 what this process committed is answered from memory, and exactly as the table would', async () => {
    const { resourceVersion } = await log().snapshot();
    await log().since(resourceVersion, 10);
    await open(get(), ref('frontend'));
    await change(get(), ref('frontend'), (issue, now) => {
      const write = resolveIssue(issue, { at: now, now, reason: 'Recovered' });
      return { ...write, before: issue };
    });
    const query = vi.spyOn(get().database, 'query');
    const fromMemory = await log().since(resourceVersion, 10);
    expect(query).not.toHaveBeenCalled();
    query.mockRestore();
    await log().snapshot();
    const fromTable = await log().since(resourceVersion, 10);
    expect(fromMemory.changes).toHaveLength(2);
    for (const { object, rest } of fromMemory.changes) {
      const { apiVersion: _v, kind: _k, metadata: _m, ...after } = object;
      expect(rest).toBe(`,${JSON.stringify(after).slice(1)}`);
    }
    expect({ ...fromMemory, changes: fromMemory.changes.map(({ rest: _, ...change }) => change) }).toEqual(fromTable);
  });

  test('V5 what somebody else committed is read from the table, also right after a commit of our own', async () => {
    const { resourceVersion } = await log().snapshot();
    await log().since(resourceVersion, 10);
    const opened = await open(get(), ref('frontend'));
    // Its writer does not say what was before, as another process does not.
    const { lastChange } = await resolve('frontend');
    const { changes } = await log().since(resourceVersion, 10);
    expect(changes.map((each) => each.resourceVersion)).toEqual([opened.change, lastChange]);
  });

  test('V4 changes come in pages that end where the next one begins', async () => {
    const { resourceVersion } = await log().snapshot();
    for (const name of ['a', 'b', 'c']) await open(get(), ref(name));
    const first = await log().since(resourceVersion, 2);
    const second = await log().since(first.upTo, 2);
    expect([first.changes.length, second.changes.length]).toEqual([2, 1]);
    expect(first.upTo).toBe(first.changes[1]?.resourceVersion);
    expect(second.upTo).toBe(await log().latest());
    expect(await log().since(second.upTo, 2)).toMatchObject({ changes: [], upTo: second.upTo });
  });

  test('a list and the changes after it are the same as a later list', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await open(get(), ref(name));
    const early = await log().snapshot();
    await resolve('a');
    await open(get(), ref('e'));
    await change(get(), ref('b'), (issue, now) => hideIssue(issue, now));
    const objects = new Map(early.objects.map((object) => [object.metadata.uid, object]));
    for (const { type, object } of (await log().since(early.resourceVersion, 100)).changes) {
      if (type === 'DELETED') objects.delete(object.metadata.uid);
      else objects.set(object.metadata.uid, object);
    }
    const late = await log().snapshot();
    expect(new Map(late.objects.map((object) => [object.metadata.uid, object]))).toEqual(objects);
  });

  test('W7 V4 the log knows how an object was before a change, as long as it has that version', async () => {
    const opened = await open(get(), ref('frontend'));
    const { lastChange: resolved } = await resolve('frontend');
    const before = await log().before([opened.change, resolved, resolved + 1]);
    expect(before).toEqual([{ change: resolved, object: issueObject(opened) }]);
    await get().database.query('DELETE FROM changes WHERE change <= $1', [opened.change]);
    expect(await log().before([resolved])).toEqual([]);
  });

  test('V7 a watermark that moves alone takes no number', async () => {
    const opened = await open(get(), ref('frontend'));
    const last = await commitOne(get(), ref('frontend'), ({ now }) => ({ watermarks: new Map([['', run(now)]]) }));
    expect(last).toBe(opened.change);
    expect(await log().since(opened.change, 10)).toMatchObject({ changes: [], upTo: opened.change });
  });

  test('an issue that leaves the visible set is DELETED with its last object; nobody hears of it while it is hidden', async () => {
    await open(get(), ref('frontend'));
    await resolve('frontend');
    const resolved = await stored(get(), ref('frontend'));
    const { lastChange } = await change(get(), ref('frontend'), hideIssue);
    const { changes } = await log().since(resolved.change, 10);
    expect(changes).toMatchObject([
      { type: 'DELETED', resourceVersion: lastChange, previous: { fields: issueFields(issueObject(resolved)) } },
    ]);
    expect((changes[0] as { object: unknown }).object).toMatchObject({ status: issueObject(resolved).status });
    expect((await log().snapshot()).objects).toEqual([]);
    const quiet = await change(get(), ref('frontend'), (issue, now) => ({
      op: 'update',
      issue: { ...issue, assignee: 'ada', changedAt: now },
    }));
    expect(quiet.lastChange).toBe(lastChange);
    expect(await stored(get(), ref('frontend'))).toMatchObject({ assignee: 'ada', change: lastChange });
  });

  test('a hidden issue that reopens is ADDED under its old name with a new uid', async () => {
    const opened = await open(get(), ref('frontend'));
    await resolve('frontend');
    const { lastChange: hidden } = await change(get(), ref('frontend'), hideIssue);
    await change(get(), ref('frontend'), (issue, now) =>
      reopenIssue(issue, { ...issue, seenAt: now }, { at: now, now, newUid: () => crypto.randomUUID() }),
    );
    const reopened = await stored(get(), ref('frontend'));
    expect(reopened).toMatchObject({ id: opened.id, name: opened.name, state: 'Active', reopened: 1, generation: 1 });
    expect(reopened.uid).not.toBe(opened.uid);
    const { changes } = await log().since(hidden, 10);
    expect(changes).toEqual([{ type: 'ADDED', resourceVersion: reopened.change, object: issueObject(reopened) }]);
  });

  test('changes of another resource are not seen, but its numbers advance', async () => {
    const { resourceVersion } = await log().snapshot();
    await get().database.query(
      `WITH counter AS (UPDATE meta SET last_change = last_change + 1 RETURNING last_change)
       INSERT INTO changes (change, resource, namespace, name, uid, op, object, at)
       SELECT last_change, 'monitors', 'team-a', 'm', gen_random_uuid(), 'ADDED', '{}', now() FROM counter`,
    );
    expect(await log().since(resourceVersion, 10)).toMatchObject({ changes: [], upTo: resourceVersion + 1 });
    expect(() => get().changes('monitors')).toThrow('the store keeps no resource "monitors", only issues');
  });

  test('a commit wakes the feed up, and aborting ends it', async () => {
    const ending = new AbortController();
    const woken = log().wakeUps(ending.signal)[Symbol.asyncIterator]();
    const { resourceVersion } = await log().snapshot();
    const first = woken.next();
    await open(get(), ref('frontend'));
    expect((await first).done).toBe(false);
    expect((await log().since(resourceVersion, 10)).changes).toHaveLength(1);
    ending.abort();
    for (;;) if ((await woken.next()).done) break;
  });

  test('the identity of a database does not change while it is open', async () => {
    const identity = await log().identity();
    await open(get(), ref('frontend'));
    expect(identity).not.toBe('');
    expect(await log().identity()).toBe(identity);
  });
}
