// A console in which something waits, was stopped by a guard, and is looked at before it is done: scenes for pictures and for axe.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Page, expect } from '@playwright/test';
import { Api, type Run } from './api';
import type { Longshore } from './longshore';
import { runRow } from './pages';
import type { S3 } from './s3';
import type { Scene } from './scenes';
import { makeMany, makeTree } from './trees';

/** Fills the console; the last thing that is done is that the queue rests. */
export async function guarded(longshore: Longshore, s3: S3): Promise<{ scenes: Scene[]; finish: () => Promise<void> }> {
  const api = new Api(longshore);
  const at = (...names: string[]) => join(longshore.files, ...names);
  await api.addRemote('archive', 's3', s3.config);
  await api.addRemote('offsite', 'sftp', { host: '127.0.0.1', port: '1', user: 'longshore', pass: 'tidal-quay-4711-lamp' });
  // What is looked at for long. The archive has to have it before it is asked for anything: it remembers what it saw.
  const folders = Array.from({ length: 100 }, (_, i) => `mirror/${1926 + i}`);
  for (const folder of folders) await makeMany(join(s3.folder, s3.bucket, folder), 6, 2_000);
  for (const folder of folders) await makeMany(at(folder), 4, 2_000);
  const place = `archive:${s3.bucket}/photos/2026`;
  await makeMany(at('photos'), 400, 2_000);
  await makeTree(at('video'), { 'long-take.mkv': 48_000_000, 'second.mkv': 24_000_000 });
  const sync = { name: 'Photos to the archive', operation: 'sync', source: at('photos'), destination: place };
  const job = await api.call<{ id: string }>('POST', '/jobs', sync);
  const start = async (path: string, body?: unknown) => (await api.call<Run>('POST', path, body)).id;
  await api.ended(await start(`/jobs/${job.id}/runs`));
  // Somebody tidied up, and took a folder photos of the wrong year away.
  await rm(at('photos'), { recursive: true });
  await mkdir(at('photos'));
  await makeMany(at('photos'), 90, 2_000);
  await makeTree(at('photos'), { 'new/IMG_3001.HEIC': 400_000, 'new/IMG_3002.HEIC': 300_000 });
  const blocked = await start(`/jobs/${job.id}/runs`);
  expect((await api.ended(blocked)).state).toBe('blocked');
  const preview = await start(`/jobs/${job.id}/preview`);
  expect((await api.ended(preview)).state).toBe('succeeded');
  const approved = await start(`/jobs/${job.id}/preview`);
  await api.ended(approved);
  const done = await start(`/jobs/${job.id}/runs`, { approval: { preview: approved, confirm: place } });
  expect((await api.ended(done)).state).toBe('succeeded');
  const budget = await start('/runs', { operation: 'delete', source: at('photos') });
  expect((await api.ended(budget)).state).toBe('blocked');
  const retried = await start('/runs', {
    operation: 'copy', source: at('photos'), destination: 'offsite:photos', retry: { attempts: 5, backoff_secs: 900 },
  });
  await expect.poll(async () => (await api.call<{ attempt: number }>('GET', `/runs/${retried}`)).attempt).toBe(2);
  // Asked one question every three seconds, the archive keeps the look ahead going until the last picture is taken.
  const looking = await start('/runs', {
    operation: 'sync', source: at('mirror'), destination: `archive:${s3.bucket}/mirror`,
    options: { flags: { tpslimit: '0.3', size_only: 'true', delete_during: 'true' } },
  });
  await expect.poll(async () => (await api.run(looking)).state).toBe('guarded');
  const running = await start('/runs', {
    operation: 'copy', source: at('video'), destination: `archive:${s3.bucket}/video`, options: { bwlimit: '100k', transfers: 2 },
  });
  await expect.poll(async () => (await api.call<Run>('GET', `/runs/${running}`)).state).toBe('running');
  await api.call('PATCH', '/queue', { paused: true, reason: 'The line is needed for a call until four.' });
  const queued = await start('/runs', { operation: 'copy', source: at('photos'), destination: at('a folder with quite a long name', 'photos', '2026') });
  const waiting = [queued, await start(`/jobs/${job.id}/runs`), await start('/runs', { operation: 'check', source: at('photos'), destination: place })];

  const scenes: Scene[] = [
    { name: 'run-guarded', path: `/runs/${looking}`, page: 'run' },
    { name: 'run-blocked', path: `/runs/${blocked}`, page: 'run' },
    { name: 'run-budget', path: `/runs/${budget}`, page: 'run' },
    { name: 'run-budget-ask', path: `/runs/${budget}`, page: 'run', act: (page) => page.getByRole('button', { name: /^Delete \d+ files…/ }).click() },
    { name: 'run-preview', path: `/runs/${preview}`, page: 'run' },
    { name: 'run-approve', path: `/runs/${preview}`, page: 'run', act: (page) => page.getByRole('button', { name: 'Approve and run' }).click() },
    { name: 'run-preview-used', path: `/runs/${approved}`, page: 'run' },
    { name: 'run-approved', path: `/runs/${done}`, page: 'run' },
    { name: 'run-queued', path: `/runs/${queued}`, page: 'run' },
    { name: 'run-retry-waiting', path: `/runs/${retried}`, page: 'run' },
    { name: 'run-bandwidth', path: `/runs/${running}`, page: 'run' },
    { name: 'run-stop', path: `/runs/${running}`, page: 'run', act: (page) => page.locator('main').getByRole('button', { name: 'Stop', exact: true }).click() },
    { name: 'runs-paused', path: '/runs', page: 'runs' },
    { name: 'activity', path: '/runs', page: 'runs', act: (page) => openActivity(page, running) },
  ];
  const finish = async () => {
    for (const id of [...waiting, retried, looking, running]) await api.call('POST', `/runs/${id}/stop`).catch(() => undefined);
    await api.call('PATCH', '/queue', { paused: false });
    await api.ended(running);
  };
  return { scenes, finish };
}

async function openActivity(page: Page, running: string): Promise<void> {
  await page.getByRole('button', { name: /^Activity/ }).click();
  await expect(runRow(page.getByRole('region', { name: 'Activity' }), running)).toBeVisible();
}
