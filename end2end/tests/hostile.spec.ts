// Names that want to be markup, commands, other names or other texts. They are shown as text, walked into and copied.
import { join } from 'node:path';
import { Api } from '../support/api';
import { accessible } from '../support/axe';
import { expect, test } from '../support/fixtures';
import { browse, enter, grid, open, rowOf } from '../support/pages';
import { hashes, makeTree } from '../support/trees';

const NAMES = [
  '<img src=x onerror="window.__owned = true">.txt',
  `quotes ' " \` $(id) ; rm.txt`,
  'photo\u202egpj.exe',
  'שלום עולם.txt',
  'two\nlines.txt',
  '--config=evil.txt',
  'percent%41 & plus+ # hash ?.txt',
  'e\u0301 and \u{1f9ff}.txt',
  ' leading and trailing ',
];

test('hostile names are text, everywhere', async ({ page, longshore }) => {
  const source = join(longshore.files, 'hostile <b>"folder"</b> %2e');
  await makeTree(source, Object.fromEntries(NAMES.map((name, i) => [name, 100 + i])));
  await makeTree(join(source, '<svg onload="window.__owned = true">'), { 'inner.txt': 5 });
  const api = new Api(longshore);
  await enter(page, longshore);

  await test.step('in the list', async () => {
    await browse(page, longshore, source);
    await expect(grid(page)).toHaveAttribute('aria-rowcount', String(NAMES.length + 1));
    await expect(rowOf(page, '<img src=x onerror="window.__owned = true">.txt')).toBeVisible();
    await expect(rowOf(page, 'two␊lines.txt')).toBeVisible();
    await expect(rowOf(page, 'photo‹U+202E›gpj.exe')).toBeVisible();
    await accessible(page);
  });

  await test.step('as a folder that is opened', async () => {
    await rowOf(page, '<svg onload="window.__owned = true">').getByRole('link').click();
    await expect(rowOf(page, 'inner.txt')).toBeVisible();
    await page.reload();
    await expect(rowOf(page, 'inner.txt')).toBeVisible();
  });

  await test.step('as files of a run', async () => {
    const target = join(longshore.files, 'copy; touch owned');
    const id = await api.copy(source, target);
    expect((await api.ended(id)).state).toBe('succeeded');
    expect(await hashes(target)).toEqual(await hashes(source));
    const run = await open(page, longshore, `/runs/${id}`, 'run');
    await expect(run).toContainText('Succeeded');
    await accessible(page);
  });

  expect(await page.evaluate(() => '__owned' in window)).toBe(false);
});
