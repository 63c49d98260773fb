import { describe, expect, it } from 'vitest';
import { Inconclusive } from '../../harness/model/verdict.ts';
import { processTable } from '../../harness/os/processes.ts';
import { Environment } from '../../harness/runner/environment.ts';
import { startSupplier } from '../../harness/services/supplier/handle.ts';
import { appsDir } from '../check-fixture.ts';
import fixture from '../fixture/lesson.ts';
import { fakeRun, survivors } from './fake-run.ts';
import { json, put, withSupplier } from './supplier-fixture.ts';

describe('a supplier that is told to fail', () => {
  it('answers with that status until it is healed', () =>
    withSupplier(async (supplier) => {
      await supplier.fail({ how: 503 });
      for (let time = 0; time < 3; time++) expect((await json(`${supplier.url}/events/1`)).status).toBe(503);
      await supplier.heal();
      expect((await json(`${supplier.url}/events/1`)).status).toBe(200);
    }));

  it('fails so many times and is well again by itself', () =>
    withSupplier(async (supplier) => {
      await supplier.fail({ how: 500, times: 2 });
      const statuses = [];
      for (let time = 0; time < 3; time++) statuses.push((await json(`${supplier.url}/events/1`)).status);
      expect(statuses).toEqual([500, 500, 200]);
    }));

  it('fails on one route only, if it is told so', () =>
    withSupplier(async (supplier) => {
      await supplier.fail({ how: 503, route: 'PUT /events/:id' });
      expect((await json(`${supplier.url}/events/1`)).status).toBe(200);
      expect((await put(`${supplier.url}/events/1`, { priceCents: 1 })).status).toBe(503);
    }));

  it('answers so many well before it fails', () =>
    withSupplier(async (supplier) => {
      await supplier.fail({ how: 500, after: 2, times: 1 });
      const statuses = [];
      for (let time = 0; time < 4; time++) statuses.push((await json(`${supplier.url}/events/1`)).status);
      expect(statuses).toEqual([200, 200, 500, 200]);
    }));

  it('says with a status when to come again', () =>
    withSupplier(async (supplier) => {
      await supplier.fail({ how: 503, times: 1, retryAfter: '7' });
      expect((await fetch(`${supplier.url}/events/1`)).headers.get('retry-after')).toBe('7');
    }));

  it('breaks off in the middle of a 200, or answers with a page', () =>
    withSupplier(async (supplier) => {
      await supplier.fail({ how: 'cut', times: 1 });
      const cut = await fetch(`${supplier.url}/events/1`);
      expect(cut.status).toBe(200);
      await expect(cut.text()).rejects.toThrow();
      await supplier.fail({ how: 'garbage', times: 1 });
      expect(await (await fetch(`${supplier.url}/events/1`)).text()).toContain('<p>');
    }));

  it('answers 200 with whatever it was told, and makes no change', () =>
    withSupplier(async (supplier) => {
      for (const body of ['null', '[]', '']) {
        await supplier.fail({ how: 'body', body, times: 1 });
        const answer = await fetch(`${supplier.url}/events/1`, { method: 'PUT', body: '{"priceCents":1}' });
        expect(answer.status).toBe(200);
        expect(await answer.text()).toBe(body);
      }
      expect((await supplier.event('1'))?.priceCents).not.toBe(1);
    }));

  it('begins an answer at once, and ends it when it is due', () =>
    withSupplier(async (supplier) => {
      await supplier.setLatency(60_000);
      await supplier.fail({ how: 'halves', times: 1 });
      const begun = await fetch(`${supplier.url}/events/1`);
      expect(begun.status).toBe(200);
      let isWhole = false;
      const whole = begun.json().finally(() => {
        isWhole = true;
      });
      await supplier.alive();
      expect(isWhole).toBe(false);
      await supplier.release();
      expect(await whole).toMatchObject({ id: '1' });
    }));

  it('stops in the middle of a 200, until it is healed', () =>
    withSupplier(async (supplier) => {
      await supplier.fail({ how: 'stall' });
      const stalled = await fetch(`${supplier.url}/events/1`, { signal: AbortSignal.timeout(200) });
      expect(stalled.status).toBe(200);
      await expect(stalled.text()).rejects.toThrow('timeout');
      const other = await fetch(`${supplier.url}/events/1`);
      await supplier.heal();
      await expect(other.text()).rejects.toThrow();
    }));

  it('has heard what was asked, with headers and body', () =>
    withSupplier(async (supplier) => {
      const headers = { 'x-request-id': 'a-1' };
      await fetch(`${supplier.url}/audit`, { method: 'POST', headers, body: '{"seats":2}' });
      expect(await supplier.heard()).toMatchObject([
        { route: 'POST /audit', url: '/audit', headers, body: '{"seats":2}' },
      ]);
    }));

  it('refuses connections, and has its address back when healed', () =>
    withSupplier(async (supplier) => {
      await fetch(`${supplier.url}/events/1`);
      await supplier.fail({ how: 'refuse' });
      await expect(fetch(`${supplier.url}/events/1`)).rejects.toThrow();
      expect(await supplier.alive()).toBe(true);
      await supplier.heal();
      expect((await json(`${supplier.url}/events/1`)).status).toBe(200);
    }));

  it('breaks the connection when the answer is due, and counts the call', () =>
    withSupplier(async (supplier) => {
      await supplier.setLatency(60_000);
      await supplier.fail({ how: 'break', times: 1 });
      const broken = fetch(`${supplier.url}/events/1`).then(
        () => 'answered',
        () => 'broken',
      );
      await expect.poll(() => supplier.total()).toBe(1);
      await supplier.setLatency(0);
      await supplier.release();
      expect(await broken).toBe('broken');
      expect((await json(`${supplier.url}/events/1`)).status).toBe(200);
      expect(await supplier.total()).toBe(2);
    }));

  it('hangs without taking a place, and breaks those connections when healed', () =>
    withSupplier(
      async (supplier) => {
        await supplier.fail({ how: 'hang', times: 1 });
        const hanging = fetch(`${supplier.url}/events/1`).then(
          () => 'answered',
          () => 'broken',
        );
        await expect.poll(() => supplier.total()).toBe(1);
        expect((await json(`${supplier.url}/events/2`)).status).toBe(200);
        await supplier.heal();
        expect(await hanging).toBe('broken');
      },
      { atOnce: 1 },
    ));

  it('does a late request at once and answers it when released, in any order with others', () =>
    withSupplier(async (supplier) => {
      await supplier.fail({ how: 'late', times: 1 });
      const first = put(`${supplier.url}/events/1`, { priceCents: 1 });
      await expect.poll(async () => (await supplier.event('1'))?.priceCents).toBe(1);
      expect((await put(`${supplier.url}/events/1`, { priceCents: 2 })).body).toMatchObject({ priceCents: 2 });
      await supplier.release();
      expect((await first).body).toMatchObject({ priceCents: 1, version: 2 });
    }));

  it('loses the answer to a late request when it is healed', () =>
    withSupplier(async (supplier) => {
      await supplier.fail({ how: 'late' });
      const lost = put(`${supplier.url}/events/1`, { priceCents: 1 }).catch(() => 'broken');
      await expect.poll(async () => (await supplier.event('1'))?.priceCents).toBe(1);
      await supplier.heal();
      expect(await lost).toBe('broken');
    }));

  it('answers what it holds back when it is released, and holds back what comes later', () =>
    withSupplier(async (supplier) => {
      await supplier.setLatency(60_000);
      const early = json(`${supplier.url}/events/1`);
      await expect.poll(() => supplier.total()).toBe(1);
      await supplier.release();
      expect((await early).status).toBe(200);
      const late = fetch(`${supplier.url}/events/1`, { signal: AbortSignal.timeout(200) });
      await expect(late).rejects.toThrow('timeout');
    }));

  it('is restored to the latency of its start', () =>
    withSupplier(async (supplier) => {
      await supplier.setLatency(60_000);
      await supplier.fail({ how: 503 });
      await supplier.restore();
      expect((await json(`${supplier.url}/events/1`)).status).toBe(200);
    }));
});

describe('the supplier as a process', () => {
  it('is a process of its own, known to the run', async () => {
    await using run = fakeRun();
    const supplier = await startSupplier({ run, latencyMs: 0, atOnce: 1 });
    expect(run.children.map((child) => child.pid)).toEqual([supplier.pid]);
    expect(supplier.pid).not.toBe(process.pid);
    await supplier.close();
    expect(processTable().some((row) => row.pid === supplier.pid && !row.zombie)).toBe(false);
  });

  it('that has died is told from an app that is wrong', async () => {
    await using run = fakeRun();
    const supplier = await startSupplier({ run, latencyMs: 0, atOnce: 1 });
    for (const child of run.children) child.kill('SIGKILL');
    await expect.poll(() => supplier.alive()).toBe(false);
    await expect(supplier.total()).rejects.toThrow(Inconclusive);
    await supplier.close();
  });
});

describe('the supplier of a lesson', () => {
  const lesson = { ...fixture, services: ['supplier' as const], supplier: { latencyMs: 3, atOnce: 4 } };

  it('is what the app finds at SUPPLIER_URL, and is named in the output', async () => {
    await using run = fakeRun();
    {
      await using environment = await Environment.start({ lesson, subjectDir: `${appsDir}asks-supplier`, run });
      expect((await json(`${environment.balancer.url}/events/7`)).body).toMatchObject({ id: '7' });
      expect(await environment.supplier?.calls()).toMatchObject({ 'GET /events/:id': 1 });
      expect(environment.serviceLabels()).toEqual({ supplier: '3 ms an answer, 4 at a time' });
    }
    expect(survivors(run)).toEqual([]);
  });

  it('is well again for the next behaviour, whatever the last one did to it', async () => {
    await using run = fakeRun();
    await using environment = await Environment.start({ lesson, subjectDir: `${appsDir}asks-supplier`, run });
    await environment.supplier?.fail({ how: 'refuse' });
    expect((await fetch(`${environment.balancer.url}/events/7`)).status).toBe(502);
    await environment.repair();
    expect((await fetch(`${environment.balancer.url}/events/7`)).status).toBe(200);
  });

  it('is nobody’s fault when it dies', async () => {
    await using run = fakeRun();
    await using environment = await Environment.start({ lesson, subjectDir: `${appsDir}asks-supplier`, run });
    await environment.assertServicesAlive();
    process.kill(environment.supplier?.pid ?? -1, 'SIGKILL');
    await expect.poll(() => environment.supplier?.alive()).toBe(false);
    await expect(environment.assertServicesAlive()).rejects.toThrow(Inconclusive);
    await environment.repair();
  });
});
