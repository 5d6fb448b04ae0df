// Trust: what would destroy is stopped, looked at, and let go by name; what runs can be slowed, stopped and taken up again.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Api, type Run } from '../support/api';
import { accessible } from '../support/axe';
import { expect, test } from '../support/fixtures';
import { approve, arrived, enter, grown, open, otherRun, runState, stopRun } from '../support/pages';
import { makeTree } from '../support/trees';

test('blocked, previewed, approved, slowed, stopped, and taken up again', async ({ page, longshore, s3, watch }) => {
  test.setTimeout(180_000);
  // A name that is not the one.
  watch.allow(/status 409: POST .*runs\/start/, /console error: .*409/);
  const api = new Api(longshore);
  const [source, target] = [`peer:${s3.bucket}/out`, join(longshore.files, 'in')];
  await api.addRemote('peer', 's3', s3.config);
  await makeTree(join(s3.folder, s3.bucket, 'out'), {
    'a-taken.txt': 100,
    ...Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`video-${i}.mkv`, 4_000_000])),
  });
  // A folder stands where a file must go.
  await makeTree(join(target, 'a-taken.txt'), { inside: 10 });
  await makeTree(target, Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`old-${i}.txt`, 10])));
  await enter(page, longshore);

  await test.step('a guard stops it', async () => {
    const run = await api.call<Run>('POST', '/runs', { operation: 'sync', source, destination: target, options: { bwlimit: '300k', transfers: 2 } });
    const main = await open(page, longshore, `/runs/${run.id}`, 'run');
    await expect(runState(page)).toHaveAttribute('data-state', 'blocked', { timeout: 30_000 });
    await expect(main).toContainText('A guard stopped this run. Nothing was changed.');
    await expect(main).toContainText('10 may be deleted');
    await accessible(page);
  });

  await test.step('the preview says what would be lost', async () => {
    await page.getByRole('button', { name: 'Preview it' }).click();
    await otherRun(page);
    await expect(runState(page)).toHaveAttribute('data-state', 'succeeded', { timeout: 30_000 });
    const main = await arrived(page, 'run');
    await expect(main.getByRole('heading', { name: /^Would delete 2\d files, copy 1[01]$/ })).toBeVisible();
    await expect(main.getByRole('link', { name: /^Deleted/ })).toHaveAttribute('aria-current', 'page');
    await expect(main).toContainText('old-19.txt');
    await accessible(page);
  });

  await test.step('it is approved by its name, and by no other', async () => {
    await approve(page, join(longshore.files, 'somewhere'));
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByRole('alert')).toContainText('This is not the place that would be changed');
    await accessible(page);
    await approve(page, target);
    await otherRun(page);
    await expect(runState(page)).toHaveAttribute('data-state', 'running', { timeout: 30_000 });
    await expect(page.locator('main')).toContainText('Approved after a preview');
  });
  const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';

  await test.step('its bandwidth is changed while it runs', async () => {
    await grown(page);
    const control = page.getByRole('region', { name: 'Control' });
    await expect(control).toContainText('300 KiB/s');
    await control.getByRole('textbox', { name: 'Another limit' }).fill('quick');
    watch.allow(/status 400: POST .*runs\/bandwidth/, /console error: .*400/);
    await control.getByRole('button', { name: 'Set' }).click();
    await expect(control.getByRole('alert')).not.toBeEmpty();
    await control.getByRole('button', { name: '1M' }).click();
    await expect(control).toContainText('1 MiB/s');
    await expect(control.getByRole('button', { name: '1M' })).toHaveAttribute('aria-pressed', 'true');
    expect((await api.call<{ bandwidth: string }>('GET', `/runs/${id}`)).bandwidth).toBe('1M');
    await grown(page);
    await accessible(page);
  });

  await test.step('it is stopped, and says why', async () => {
    await stopRun(page, 'The line is needed.');
    await expect(runState(page)).toHaveAttribute('data-state', 'cancelled', { timeout: 30_000 });
    const main = await arrived(page, 'run');
    await expect(main.getByRole('region', { name: 'How it ended' })).toContainText('“The line is needed.”');
    const happened = main.getByRole('region', { name: 'What happened' });
    for (const words of ['Approved after a preview', 'Bandwidth limit: 1 MiB/s', 'Asked to stop', 'Ended: cancelled']) {
      await expect(happened).toContainText(words);
    }
  });

  await test.step('what failed is taken up again, and read by file', async () => {
    await rm(join(target, 'a-taken.txt'), { recursive: true });
    await page.getByRole('link', { name: /^Failed/ }).click();
    await expect(page.locator('main')).toContainText('a-taken.txt');
    await accessible(page);
    await page.getByRole('button', { name: 'Retry failed only (1)' }).click();
    await otherRun(page);
    await expect(runState(page)).toHaveAttribute('data-state', 'succeeded', { timeout: 30_000 });
    const main = await arrived(page, 'run');
    await expect(main.getByRole('link', { name: 'Copied 1' })).toHaveAttribute('aria-current', 'page');
    await expect(main.getByRole('row').filter({ hasText: 'a-taken.txt' })).toBeVisible();
    await main.getByRole('link', { name: 'the run before' }).click();
    await expect(page).toHaveURL(new RegExp(id));
    await expect(runState(page)).toHaveAttribute('data-state', 'cancelled');
  });
});
