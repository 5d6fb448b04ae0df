// A job from its making to its end: options from rclone's own list, a preview, runs, a chain, and what guards it.
import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Api } from '../support/api';
import { accessible } from '../support/axe';
import { expect, test } from '../support/fixtures';
import { arrived, enter, fillTransfer, jobRow, open, preview, runOnce, runState, signIn, signOut, unfold } from '../support/pages';
import { hashes, makeTree } from '../support/trees';

const many = (prefix: string, n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`${prefix}-${i}.txt`, 100 + i]));

test.beforeEach(({ watch }) => {
  // What the server refuses on purpose here.
  watch.allow(/status (400|409): POST .*(jobs|runs)\//, /console error: .*(400|409)/);
});

test('a sync job: all options, preview, run, edit, duplicate, chain, delete', async ({ page, longshore }) => {
  test.setTimeout(240_000);
  const [from, to] = [join(longshore.files, 'photos'), join(longshore.files, 'archive')];
  await makeTree(from, { ...many('new', 12), 'left out.tmp': 10 });
  await makeTree(to, { ...many('gone', 5), 'old/deep.txt': 10 });
  await enter(page, longshore);

  await test.step('nothing yet', async () => {
    await page.getByRole('link', { name: 'Jobs' }).first().click();
    const jobs = await arrived(page, 'jobs');
    await expect(jobs).toContainText('No jobs yet');
    await accessible(page);
    await jobs.getByRole('link', { name: 'New job' }).first().click();
    await expect(page).toHaveURL(/\/jobs\/new$/);
  });

  const main = await test.step('what is missing is reported at its field', async () => {
    const main = await arrived(page, 'jobs');
    await main.getByRole('button', { name: 'Save job' }).click();
    await expect(main.getByRole('textbox', { name: /^From/ })).toBeFocused();
    await expect(main.getByRole('textbox', { name: /^To/ })).toHaveAttribute('aria-invalid', 'true');
    return main;
  });

  await test.step('make it, with options of rclone’s own list', async () => {
    await fillTransfer(page, 'Sync', from, to);
    await unfold(page, 'What');
    await main.getByLabel(/^Leave out/).fill('*.tmp');
    await unfold(page, 'All options');
    await main.getByRole('searchbox', { name: 'Search all options' }).fill('order by');
    await main.getByRole('textbox', { name: /--order-by/ }).fill('size,descending');
    await main.getByRole('searchbox', { name: 'Search all options' }).fill('track renames');
    await main.getByRole('checkbox', { name: '--track-renames', exact: true }).check();
    await expect(main.locator('pre')).toContainText('--order-by');
    await expect(main.locator('pre')).toContainText('--track-renames');
    await main.getByLabel('Only options that are set').check();
    await main.getByRole('searchbox', { name: 'Search all options' }).fill('');
    await expect(main).toContainText('2 options');
    await accessible(page);
  });

  await test.step('a wrong value is reported where it was typed, and its section opens', async () => {
    await unfold(page, 'Safety');
    await main.getByLabel(/^Delete limit, in percent/).fill('300');
    await expect(main).toContainText('Between 0 and 100.');
    await main.getByRole('button', { name: 'Save job' }).click();
    await expect(main.getByLabel(/^Delete limit, in percent/)).toBeFocused();
    await main.getByLabel(/^Delete limit, in percent/).fill('50');
  });

  await test.step('the preview lists what would be deleted first, and is stale once something is changed', async () => {
    const panel = await preview(page);
    await expect(panel.locator('.preview__said')).toContainText('Would delete 6 files and copy 12.');
    await expect(panel.getByRole('button', { name: 'Delete 6' })).toHaveAttribute('aria-pressed', 'true');
    await expect(panel).toContainText('deep.txt');
    await panel.getByRole('button', { name: 'Copy 12' }).click();
    await expect(panel).toContainText('new-0.txt');
    await expect(panel).not.toContainText('left out.tmp');
    await accessible(page);
    await main.getByLabel(/^Delete limit, in percent/).fill('100');
    await expect(panel).toContainText('The options have changed since this preview.');
    expect(await readdir(to)).toHaveLength(6);
  });

  await test.step('save it', async () => {
    await main.getByRole('button', { name: 'Save job' }).click();
    await expect(main.getByRole('textbox', { name: /^Name/ })).toBeFocused();
    await main.getByRole('textbox', { name: /^Name/ }).fill('Photos to the archive');
    await main.getByRole('button', { name: 'Save job' }).click();
    await expect(page).toHaveURL(/\/jobs$/);
    await expect(jobRow(page, 'Photos to the archive')).toContainText('Never run');
    await accessible(page);
  });

  await test.step('run it, and look at it in the list', async () => {
    await jobRow(page, 'Photos to the archive').getByRole('button', { name: /^Run / }).click();
    await arrived(page, 'run');
    await expect(runState(page)).toHaveAttribute('data-state', 'succeeded');
    expect(await readdir(to)).toHaveLength(12);
    await page.getByRole('link', { name: 'Jobs' }).first().click();
    await expect(jobRow(page, 'Photos to the archive').locator('[data-run]')).toHaveAttribute('data-state', 'succeeded');
  });

  await test.step('duplicate it, and let the copy follow', async () => {
    await jobRow(page, 'Photos to the archive').getByRole('button', { name: /^Duplicate/ }).click();
    await expect(jobRow(page, 'Photos to the archive (copy)')).toBeVisible();
    await jobRow(page, 'Photos to the archive').getByRole('link', { name: /^Edit/ }).click();
    await expect(main.getByRole('textbox', { name: /^Name/ })).toHaveValue('Photos to the archive');
    await expect(main.getByRole('button', { name: 'Save job' })).toBeDisabled();
    await unfold(page, 'Afterwards');
    await main.getByLabel(/^Then start/).selectOption('Photos to the archive (copy)');
    await main.getByLabel('When to start Photos to the archive (copy)').selectOption('always');
    await main.getByRole('button', { name: 'Save job' }).click();
    await expect(main.getByText('Saved.', { exact: true })).toBeVisible();
    await page.getByRole('link', { name: 'Jobs' }).first().click();
    await expect(jobRow(page, 'Photos to the archive')).toContainText('then Photos to the archive (copy), however it ends');
  });

  await test.step('a chain that comes back is refused at its field', async () => {
    await jobRow(page, 'Photos to the archive (copy)').getByRole('link', { name: /^Edit/ }).click();
    await expect(main.getByRole('textbox', { name: /^Name/ })).toHaveValue('Photos to the archive (copy)');
    await unfold(page, 'Afterwards');
    await main.getByLabel(/^Then start/).selectOption('Photos to the archive');
    await main.getByRole('button', { name: 'Save job' }).click();
    await expect(main).toContainText('This leads back to the job itself');
  });

  await test.step('search, and delete', async () => {
    await open(page, longshore, '/jobs?search=nothing', 'jobs');
    await expect(main).toContainText('No job matches');
    await main.getByRole('searchbox').fill('(copy)');
    await main.getByRole('searchbox').press('Enter');
    await expect(page).toHaveURL(/search=%28copy%29/);
    await expect(main.locator('[data-job]')).toHaveCount(1);
    await jobRow(page, 'Photos to the archive (copy)').getByRole('button', { name: /^Delete/ }).click();
    await expect(page.getByRole('dialog')).toContainText('Its runs stay in the history');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete job' }).click();
    await expect(main).toContainText('No job matches');
  });
});

test('a sync that deletes too much is approved by the name of the place', async ({ page, longshore }) => {
  const [from, to] = [join(longshore.files, 'a'), join(longshore.files, 'b')];
  await makeTree(from, { 'one.txt': 1 });
  await makeTree(to, many('gone', 40));
  await enter(page, longshore);
  await open(page, longshore, `/jobs/new?operation=sync&source=${from}&destination=${to}`, 'jobs');
  const main = await arrived(page, 'jobs');
  await expect(main.getByRole('radio', { name: 'Sync', exact: true })).toBeChecked();

  // The preview shows all of it, although rclone would stop at the limit.
  await unfold(page, 'Safety');
  await main.getByLabel(/^Delete limit, in files/).fill('3');
  await main.getByRole('button', { name: 'Run once' }).click();
  await expect(page.getByRole('dialog')).toContainText('Run it without a preview?');
  await page.getByRole('dialog').getByRole('button', { name: 'Preview first' }).click();
  const panel = page.getByRole('region', { name: 'Preview', exact: true });
  await expect(panel).toContainText('Would delete 40 files and copy 1.');
  await expect(panel).toContainText('40 of 40 files at the destination would be deleted; the limit is 3.');
  await accessible(page);

  await panel.getByRole('button', { name: 'Approve and run…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('button', { name: 'Approve and run' })).toBeDisabled();
  await dialog.getByRole('textbox').fill(join(longshore.files, 'c'));
  await expect(dialog.getByRole('button', { name: 'Approve and run' })).toBeDisabled();
  await dialog.getByRole('textbox').fill(to);
  await accessible(page);
  await dialog.getByRole('button', { name: 'Approve and run' }).click();
  await arrived(page, 'run');
  await expect(runState(page)).toHaveAttribute('data-state', 'succeeded');
  expect(await readdir(to)).toEqual(['one.txt']);
});

test('with the keyboard alone', async ({ page, longshore }) => {
  const [from, to] = [join(longshore.files, 'a'), join(longshore.files, 'b')];
  await makeTree(from, { 'one.txt': 1 });
  await enter(page, longshore);
  const main = await open(page, longshore, '/jobs/new', 'jobs');
  await main.getByRole('radio', { name: 'Copy' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(main.getByRole('radio', { name: 'Move' })).toBeChecked();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect(main.getByRole('radio', { name: 'Copy' })).toBeChecked();
  await page.keyboard.press('Tab');
  await page.keyboard.type(from);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.type(to);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(main.getByRole('textbox', { name: /^Name/ })).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(main.getByLabel(/^Leave out/)).toBeVisible();
  await main.getByRole('textbox', { name: /^Name/ }).focus();
  await page.keyboard.press('Enter');
  await arrived(page, 'run');
  await expect(runState(page)).toHaveAttribute('data-state', 'succeeded');
  expect(await hashes(to)).toEqual(await hashes(from));
});

test('somebody else changed it meanwhile', async ({ page, longshore }) => {
  const api = new Api(longshore);
  await mkdir(join(longshore.files, 'a'), { recursive: true });
  const job = { name: 'Letters', operation: 'copy', source: join(longshore.files, 'a'), destination: join(longshore.files, 'b') };
  const { id, version } = await api.call<{ id: string; version: number }>('POST', '/jobs', job);
  await enter(page, longshore);
  const main = await open(page, longshore, `/jobs/${id}`, 'jobs');
  await api.call('PATCH', `/jobs/${id}`, { version, job: { ...job, name: 'Letters and bills' } });
  await main.getByRole('textbox', { name: /^Name/ }).fill('Post');
  await main.getByRole('button', { name: 'Save job' }).click();
  await expect(main).toContainText('changed this job in the meantime');
  await main.getByRole('link', { name: 'Load the current version' }).click();
  await expect(main.getByRole('textbox', { name: /^Name/ })).toHaveValue('Letters and bills');
});

test('a viewer looks, and changes nothing; a phone has cards', async ({ page, longshore }) => {
  const api = new Api(longshore);
  const viewer = { username: 'vera', password: 'tidal-quay-4711-lamp' };
  await api.call('POST', '/users', { name: viewer.username, role: 'viewer', password: viewer.password, must_change_password: false });
  await makeTree(join(longshore.files, 'a'), { 'one.txt': 1 });
  const job = { name: 'Letters', operation: 'copy', source: join(longshore.files, 'a'), destination: join(longshore.files, 'b') };
  await api.call('POST', '/jobs', job);
  await enter(page, longshore);
  await page.setViewportSize({ width: 390, height: 844 });
  const main = await open(page, longshore, '/jobs', 'jobs');
  await expect(jobRow(page, 'Letters').getByRole('button', { name: 'Run Letters' })).toBeVisible();
  await accessible(page);
  const wide = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(await wide()).toBe(0);
  await jobRow(page, 'Letters').getByRole('link', { name: /^Preview/ }).click();
  await expect(page.getByRole('region', { name: 'Preview', exact: true })).toContainText('Would copy 1 file.');
  await expect(page).not.toHaveURL(/preview/);
  expect(await wide()).toBe(0);
  await page.setViewportSize({ width: 1440, height: 900 });
  await signOut(page);
  await signIn(page, viewer);
  await arrived(page, 'overview');
  await open(page, longshore, '/jobs', 'jobs');
  await expect(jobRow(page, 'Letters')).toContainText('Never run');
  await expect(main.getByRole('button', { name: /^Run/ })).toHaveCount(0);
  await jobRow(page, 'Letters').getByRole('link', { name: 'Letters', exact: true }).click();
  await expect(main).toContainText('Operators and admins can start transfers');
  await accessible(page);
});

test('a check runs once, and a bisync says how it begins', async ({ page, longshore }) => {
  const [from, to] = [join(longshore.files, 'a'), join(longshore.files, 'b')];
  await makeTree(from, { 'one.txt': 1 });
  await cp(from, to, { recursive: true });
  await enter(page, longshore);
  const main = await open(page, longshore, '/jobs/new', 'jobs');
  await fillTransfer(page, 'Bisync', from, to);
  await expect(main).toContainText('The first run has nothing saved');
  await main.getByLabel(/^Resync/).check();
  await main.getByLabel(/^When both sides changed a file/).selectOption({ label: 'The newer one' });
  await expect(main.locator('pre')).toContainText('--resync');
  await expect(main.locator('pre')).toContainText('--conflict-resolve');
  await fillTransfer(page, 'Check', from, to);
  await expect(main.locator('pre')).not.toContainText('--resync');
  await expect(page.getByRole('region', { name: 'Preview', exact: true })).toContainText('there is nothing to preview');
  await runOnce(page);
  await expect(runState(page)).toHaveAttribute('data-state', /succeeded|no_change/);
});
