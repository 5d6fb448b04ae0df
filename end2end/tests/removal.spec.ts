// A delete and a move that would take away more than their budget: what would go is said, and the path is asked for once more.
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Api, type Run } from '../support/api';
import { accessible } from '../support/axe';
import { expect, test } from '../support/fixtures';
import { arrived, enter, open, runState, signIn } from '../support/pages';
import { makeMany } from '../support/trees';

test.beforeEach(({ watch }) => {
  // What the server refuses on purpose here.
  watch.allow(/status (400|409): POST .*runs\//, /console error: .*(400|409)/);
});

test('a delete beyond its budget takes the path, and only the right one', async ({ page, longshore }) => {
  const api = new Api(longshore);
  const folder = join(longshore.files, 'old  photos ');
  await makeMany(folder, 40, 100);
  const { id } = await api.call<Run>('POST', '/runs', { operation: 'delete', source: folder });
  expect((await api.ended(id)).state).toBe('blocked');
  expect(await readdir(folder)).toHaveLength(40);

  await enter(page, longshore);
  const main = await open(page, longshore, `/runs/${id}`, 'run');
  await expect(runState(page)).toHaveAttribute('data-state', 'blocked');
  await expect(main).toContainText('40 files of 40 there; 10 may be deleted without asking.');
  await main.getByRole('button', { name: 'Delete 40 files…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete 40 files?' });
  await expect(dialog).toContainText(folder.trim());
  await accessible(page);

  await test.step('another path is no answer', async () => {
    // Without the blank at its end it is the neighbour's.
    for (const wrong of ['photos', folder.trimEnd()]) {
      await dialog.getByRole('textbox').fill(wrong);
      await dialog.getByRole('button', { name: 'Delete 40 files', exact: true }).click();
      await expect(dialog.getByRole('alert')).toBeVisible();
      expect(await readdir(folder)).toHaveLength(40);
    }
  });

  await dialog.getByRole('textbox').fill(folder);
  await dialog.getByRole('textbox').press('Enter');
  await expect(page).not.toHaveURL(new RegExp(id));
  await expect(runState(page)).toHaveAttribute('data-state', 'succeeded');
  expect(await readdir(folder)).toHaveLength(0);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });
  test.beforeEach(({ watch }) => watch.allow(/\.js csp$/, /longshore\.wasm was preloaded using link preload but not used/));

  test('a move beyond its budget is confirmed', async ({ page, longshore }) => {
    const api = new Api(longshore);
    const [from, to] = [join(longshore.files, 'from'), join(longshore.files, 'to')];
    await makeMany(from, 30, 100);
    await mkdir(to);
    const { id } = await api.call<Run>('POST', '/runs', { operation: 'move', source: from, destination: to });
    expect((await api.ended(id)).state).toBe('blocked');
    await page.goto(`${longshore.url}/runs/${id}`);
    await signIn(page);
    await arrived(page, 'run');
    await page.getByRole('button', { name: 'Move 30 files…' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill(to);
    await page.getByRole('dialog').getByRole('button', { name: 'Move 30 files', exact: true }).click();
    await expect.poll(async () => (await readdir(to)).length).toBe(30);
    expect(await readdir(from)).toHaveLength(0);
  });
});
