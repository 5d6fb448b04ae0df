// The log of a run: live, searched, taken away; and its speed.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Api } from '../support/api';
import { accessible } from '../support/axe';
import { expect, test } from '../support/fixtures';
import { enter, open } from '../support/pages';
import { makeMany, makeTree } from '../support/trees';

test('a log is followed while the run goes on, and its speed is drawn', async ({ page, longshore }) => {
  const source = join(longshore.files, 'video');
  await makeTree(source, { 'a.mkv': 1_000_000, 'b.mkv': 1_000_000, 'c.mkv': 1_000_000, '<img src=x onerror="window.__owned = true">': 1_000_000 });
  const api = new Api(longshore);
  await enter(page, longshore);
  const id = await api.copy(source, join(longshore.files, 'there'), { bwlimit: '400k', transfers: 1 });
  const run = await open(page, longshore, `/runs/${id}?show=log`, 'run');
  const lines = run.getByRole('list', { name: 'Log, times in UTC' });
  // Each comes while the page is looked at.
  await expect(lines).toContainText('Copied (new)');
  await expect(run).toHaveAttribute('data-page', 'run');
  await expect(lines.getByText('Copied (new)')).toHaveCount(4);
  expect((await api.ended(id)).state).toBe('succeeded');
  await expect(run.locator('[data-run]')).toHaveAttribute('data-state', 'succeeded');
  await expect(lines.getByText('Copied (new)')).toHaveCount(4);
  await expect(run.getByRole('img', { name: /^Speed over/ })).toBeVisible();
  await accessible(page);
  expect(await page.evaluate(() => '__owned' in window)).toBe(false);
});

test('a long log is searched, paged and downloaded', async ({ page, longshore }) => {
  await makeMany(join(longshore.files, 'many'), 1200, 10);
  await makeTree(join(longshore.files, 'many'), { 'needle in the hay.txt': 10 });
  const api = new Api(longshore);
  await enter(page, longshore);
  const id = await api.copy(join(longshore.files, 'many'), join(longshore.files, 'many-copy'));
  expect((await api.ended(id)).state).toBe('succeeded');
  const run = await open(page, longshore, `/runs/${id}?show=log`, 'run');
  const lines = run.getByRole('list', { name: 'Log, times in UTC' }).getByRole('listitem');
  await expect(lines).toHaveCount(500);
  await run.getByRole('link', { name: 'Older lines' }).click();
  await expect(page).toHaveURL(/before=/);
  await expect(run.getByRole('link', { name: 'Newest lines' })).toBeVisible();

  await run.getByRole('searchbox', { name: 'Search the log' }).fill('NEEDLE');
  await run.getByRole('button', { name: 'Search' }).click();
  await expect(page).toHaveURL(/show=log&search=NEEDLE/);
  await expect(lines).toHaveCount(1);
  await expect(lines).toContainText('needle in the hay.txt: Copied (new)');
  await run.getByRole('combobox', { name: 'What matters' }).selectOption('Errors');
  await expect(page).toHaveURL(/level=error/);
  await expect(run).toContainText('No line matches');

  const [download] = await Promise.all([page.waitForEvent('download'), run.getByRole('link', { name: 'Download' }).click()]);
  expect(download.suggestedFilename()).toBe(`longshore-run-${id}.jsonl`);
  const text = await readFile((await download.path()) ?? '', 'utf8');
  expect(text.trimEnd().split('\n').map((line) => JSON.parse(line) as { msg: string }).length).toBeGreaterThan(1200);
});
