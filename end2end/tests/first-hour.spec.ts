// A person's first hour, in one go: from the setup code to a transfer that is in the history, and out and in again.
import { join } from 'node:path';
import { accessible } from '../support/axe';
import { expect, test } from '../support/fixtures';
import { addS3Remote, arrived, browse, chooseFolder, grown, interactive, open, rowOf, runOnce, runRow, runState, setUp, signIn, signOut, unfold } from '../support/pages';
import { hashes, makeTree } from '../support/trees';

test('setup, sign in, add a remote, browse, copy, watch, history', async ({ page, fresh, s3, watch }) => {
  const photos = join(fresh.files, 'photos');
  // 16 MiB at 2 MiB a second: long enough to be watched.
  await makeTree(photos, Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`2026/IMG_${2000 + i}.jpg`, 512 * 1024])));

  await test.step('the first start', async () => {
    await page.goto(fresh.url);
    await arrived(page, 'setup');
    await interactive(page);
    await accessible(page);
    await setUp(page, fresh);
    await interactive(page);
    await expect(page.getByRole('link', { name: 'Add your first remote' })).toBeVisible();
    await accessible(page);
  });

  await test.step('out, and in again', async () => {
    await signOut(page);
    await interactive(page);
    await accessible(page);
    await signIn(page);
    await arrived(page, 'overview');
  });

  await test.step('add the remote, tested', async () => {
    await addS3Remote(page, fresh, s3, 'peer');
    const remotes = await arrived(page, 'remotes');
    const row = remotes.getByRole('row').filter({ hasText: 'peer' });
    await expect(row).toContainText('Connected');
    await expect(remotes).not.toContainText(s3.secretKey);
    await accessible(page);
  });

  await test.step('browse the remote and this server', async () => {
    await open(page, fresh, '/browse', 'browse');
    await page.locator('main').getByRole('link', { name: /peer/ }).click();
    await expect(rowOf(page, s3.bucket)).toBeVisible();
    await browse(page, fresh, photos);
    await rowOf(page, '2026').getByRole('link').click();
    await expect(rowOf(page, 'IMG_2000.jpg')).toBeVisible();
  });

  const id = await test.step('copy it, with both ends picked', async () => {
    await page.getByRole('link', { name: 'Copy this folder…' }).click();
    const job = await arrived(page, 'jobs');
    await expect(job.getByLabel(/^From/)).toHaveValue(join(photos, '2026'));
    await chooseFolder(page, 'to', [/peer/, s3.bucket]);
    await expect(job.getByLabel(/^To/)).toHaveValue(`peer:${s3.bucket}`);
    await unfold(page, 'How');
    await job.getByLabel(/^Bandwidth limit/).fill('2M');
    await expect(job).toContainText('rclone copy');
    await expect(job.locator('pre')).toContainText('--bwlimit');
    await accessible(page);
    return runOnce(page);
  });

  await test.step('watch it, here and on the overview', async () => {
    await expect(runState(page)).toHaveAttribute('data-state', 'running');
    await grown(page);
    await page.getByRole('link', { name: 'Overview' }).first().click();
    const overview = await arrived(page, 'overview');
    await expect(runRow(overview, id).first()).toHaveAttribute('data-state', 'running');
    await runRow(overview, id).first().getByRole('link').click();
    await arrived(page, 'run');
    await expect(runState(page)).toHaveAttribute('data-state', 'succeeded');
    await expect(page.locator('main')).toContainText('IMG_2000.jpg');
    await accessible(page);
  });

  await test.step('find it in the history', async () => {
    await open(page, fresh, '/runs', 'runs');
    await expect(runRow(page.locator('main'), id)).toHaveAttribute('data-state', 'succeeded');
    await expect(runRow(page.locator('main'), id)).toContainText('16 MiB');
    await accessible(page);
  });

  await test.step('it is still there after a restart, and the session too', async () => {
    watch.allowNoConsole();
    await fresh.stop();
    await fresh.start();
    await open(page, fresh, '/runs', 'runs');
    await expect(runRow(page.locator('main'), id)).toHaveAttribute('data-state', 'succeeded');
  });
  expect(await hashes(join(s3.folder, s3.bucket))).toEqual(await hashes(join(photos, '2026')));
});
