// What is killed, and what a person sees: the truth, without a reload.
import { readdir } from 'node:fs/promises';
import { Api } from '../support/api';
import { expect, test } from '../support/fixtures';
import { enter, grown, open, runState, stopRun } from '../support/pages';
import { until } from '../support/process';
import { processesOf } from '../support/processes';
import { hashes, slowCopy } from '../support/trees';

/** How many files have arrived; what is half there does not count. */
async function arrivedFiles(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.bin')).length;
}

test('a transfer outlives the console, and is seen live again', async ({ page, longshore, watch }) => {
  // The console is gone for a while: the browser says so.
  watch.allowNoConsole();
  const api = new Api(longshore);
  const { id, source, target } = await slowCopy(longshore, api);
  await enter(page, longshore);
  await open(page, longshore, `/runs/${id}`, 'run');
  await expect(runState(page)).toHaveAttribute('data-state', 'running');
  await grown(page);

  await longshore.kill();
  await expect(page.getByText('Reconnecting')).toBeVisible();
  const before = await arrivedFiles(target);
  await until('the transfer to go on without the console', async () => ((await arrivedFiles(target)) > before + 1 ? true : undefined));

  await longshore.start();
  await expect(page.getByText('Reconnecting')).toBeHidden();
  await grown(page);
  await expect(runState(page)).toHaveAttribute('data-state', 'running');
  await expect(runState(page)).toHaveAttribute('data-state', 'succeeded');
  expect(await hashes(target)).toEqual(await hashes(source));
  expect((await api.ended(id)).stats.files).toBe(64);
});

test('a run whose rclone was killed failed, and the signal is named', async ({ page, longshore }) => {
  const api = new Api(longshore);
  const { id } = await slowCopy(longshore, api);
  await enter(page, longshore);
  await open(page, longshore, `/runs/${id}`, 'run');
  await expect(runState(page)).toHaveAttribute('data-state', 'running');
  const { rclone } = await processesOf(id);
  process.kill(rclone, 'SIGKILL');
  // The manual says so: less than two seconds later.
  await expect(runState(page)).toHaveAttribute('data-state', 'failed', { timeout: 2_000 });
  await expect(page.locator('main')).toContainText('SIGKILL');
  expect((await api.ended(id)).signal).toBe('SIGKILL');
});

test('a run whose processes are all gone was interrupted', async ({ page, longshore }) => {
  const api = new Api(longshore);
  const { id } = await slowCopy(longshore, api);
  await enter(page, longshore);
  await open(page, longshore, `/runs/${id}`, 'run');
  await expect(runState(page)).toHaveAttribute('data-state', 'running');
  const { rclone, shim } = await processesOf(id);
  // The shim first: it must not live to write down how rclone ended.
  process.kill(shim, 'SIGKILL');
  process.kill(rclone, 'SIGKILL');
  await expect(runState(page)).toHaveAttribute('data-state', 'interrupted');
});

test('a run that is stopped by a click was stopped by somebody', async ({ page, longshore }) => {
  const api = new Api(longshore);
  const { id } = await slowCopy(longshore, api);
  await enter(page, longshore);
  const main = await open(page, longshore, `/runs/${id}`, 'run');
  await grown(page);
  await stopRun(page, '');
  await expect(runState(page)).toHaveAttribute('data-state', 'cancelled');
  await expect(main).toContainText('ana stopped it');
});
