// Trust: what would destroy is stopped, looked at, and let go by name; what runs can be slowed, stopped and taken up again.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Api, type Run } from '../support/api';
import { accessible } from '../support/axe';
import { expect, test } from '../support/fixtures';
import { addS3Remote, approve, arrived, enter, fillTransfer, grown, jobRow, open, otherRun, runOnce, runRow, runState, stopRun, unfold } from '../support/pages';
import { makeTree, slowCopy } from '../support/trees';

test('blocked, previewed, approved, slowed, stopped, and taken up again', async ({ page, longshore, s3, watch }) => {
  // A name that is not the one.
  watch.allow(/status 409: POST .*runs\/start/, /console error: .*409/);
  const api = new Api(longshore);
  const [source, target] = [`peer:${s3.bucket}/out`, join(longshore.files, 'in')];
  await makeTree(join(s3.folder, s3.bucket, 'out'), {
    'a-taken.txt': 100,
    ...Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`video-${i}.mkv`, 4_000_000])),
  });
  // A folder stands where a file must go.
  await makeTree(join(target, 'a-taken.txt'), { inside: 10 });
  await makeTree(target, Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`old-${i}.txt`, 10])));
  await enter(page, longshore);
  await addS3Remote(page, longshore, s3, 'peer');

  await test.step('what deletes is looked at before it is started', async () => {
    const main = await open(page, longshore, '/jobs/new', 'jobs');
    await fillTransfer(page, 'Sync', source, target);
    await unfold(page, 'How');
    await main.getByLabel(/^Bandwidth/).fill('300k');
    await main.getByLabel(/^Files at once/).fill('2');
    await main.getByRole('button', { name: 'Run once' }).click();
    await page.getByRole('dialog', { name: 'Run it without a preview?' }).getByRole('button', { name: 'Preview first' }).click();
    const panel = page.getByRole('region', { name: 'Preview', exact: true });
    await expect(panel.locator('.preview__said')).toContainText(/^Would delete 2\d files and copy 1[01]\./);
    await expect(panel).toContainText('old-19.txt');
    await expect(panel).toContainText('The guards will stop this run');
    await accessible(page);
  });

  await test.step('a guard stops it', async () => {
    await runOnce(page);
    const main = await arrived(page, 'run');
    await expect(runState(page)).toHaveAttribute('data-state', 'blocked');
    await expect(main).toContainText('A guard stopped this run. Nothing was changed.');
    await expect(main).toContainText('the limit is 10');
    await accessible(page);
  });

  await test.step('the preview says what would be lost', async () => {
    await page.getByRole('button', { name: 'Preview it' }).click();
    await otherRun(page);
    await expect(runState(page)).toHaveAttribute('data-state', 'succeeded');
    const main = await arrived(page, 'run');
    await expect(main.getByRole('heading', { name: /^Would delete 2\d files and copy 1[01]$/ })).toBeVisible();
    await expect(main.getByRole('link', { name: /^Deleted/ })).toHaveAttribute('aria-current', 'page');
    await expect(main).toContainText('old-19.txt');
    await accessible(page);
  });

  await test.step('it is approved by its name, and by no other', async () => {
    await approve(page, join(longshore.files, 'somewhere'));
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByRole('alert')).toContainText('This is not the location that would be changed');
    await accessible(page);
    await approve(page, target);
    await otherRun(page);
    await expect(runState(page)).toHaveAttribute('data-state', 'running');
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
    await expect(runState(page)).toHaveAttribute('data-state', 'cancelled');
    const main = await arrived(page, 'run');
    await expect(main.getByRole('region', { name: 'How it ended' })).toContainText('“The line is needed.”');
    const happened = main.getByRole('region', { name: 'What happened' });
    for (const words of ['Approved after a preview', 'Bandwidth limit: 1 MiB/s', 'Stop requested', 'Cancelled']) {
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
    await expect(runState(page)).toHaveAttribute('data-state', 'succeeded');
    const main = await arrived(page, 'run');
    await expect(main.getByRole('link', { name: 'Copied 1' })).toHaveAttribute('aria-current', 'page');
    await expect(main.getByRole('row').filter({ hasText: 'a-taken.txt' })).toBeVisible();
    await main.getByRole('link', { name: 'the previous run' }).click();
    await expect(page).toHaveURL(new RegExp(id));
    await expect(runState(page)).toHaveAttribute('data-state', 'cancelled');
  });
});

test('the queue is paused with a reason, put in order, and goes on', async ({ page, longshore }) => {
  const api = new Api(longshore);
  await makeTree(join(longshore.files, 'a'), { x: 100 });
  await enter(page, longshore);
  const runs = await open(page, longshore, '/runs', 'runs');
  await runs.getByRole('button', { name: 'Pause queue' }).click();
  const dialog = page.getByRole('dialog', { name: 'Pause the queue?' });
  await dialog.getByLabel('Why?').fill('The line is needed.');
  await dialog.getByRole('button', { name: 'Pause it' }).click();
  await expect(dialog).toBeHidden();
  const queue = runs.getByRole('region', { name: 'Queue' });
  await expect(queue).toContainText('ana paused the queue');
  await expect(queue).toContainText('The line is needed.');
  await expect(page.getByRole('button', { name: 'Activity: Paused' })).toBeVisible();

  const ids: string[] = [];
  for (const to of ['b', 'c', 'd']) ids.push(await api.copy(join(longshore.files, 'a'), join(longshore.files, to)));
  const order = () => queue.locator('[data-wait]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-wait')));
  await expect.poll(order).toEqual(ids);
  await accessible(page);

  await test.step('with the keyboard alone', async () => {
    const up = queue.locator(`[data-wait="${ids[2]}"]`).getByRole('button', { name: /^Move up/ });
    await up.focus();
    await page.keyboard.press('Enter');
    await expect.poll(order).toEqual([ids[0], ids[2], ids[1]]);
    await expect(up).toBeFocused();
    await page.keyboard.press('Enter');
    await expect.poll(order).toEqual([ids[2], ids[0], ids[1]]);
    await expect(up).toBeFocused();
  });
  await queue.locator(`[data-wait="${ids[1]}"]`).getByRole('combobox').selectOption('High priority');
  await expect.poll(order).toEqual([ids[1], ids[2], ids[0]]);

  await test.step('a run says why it waits, and goes first', async () => {
    await queue.locator(`[data-wait="${ids[0]}"]`).getByRole('link').click();
    const main = await arrived(page, 'run');
    const control = main.getByRole('region', { name: 'Control' });
    await expect(control).toContainText('no. 3');
    await expect(control).toContainText('ana paused the queue: The line is needed.');
    await accessible(page);
    await control.getByRole('button', { name: 'Run next' }).click();
    await expect(control).toContainText('no. 1');
    await expect(main.getByRole('region', { name: 'What happened' })).toContainText('Moved in the queue: no. 1 by ana');
  });

  await test.step('on a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open(page, longshore, '/runs', 'runs');
    await expect.poll(order).toEqual([ids[0], ids[1], ids[2]]);
    await accessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
  });
  await queue.getByRole('button', { name: 'Resume' }).click();
  await expect(queue).toBeHidden();
  for (const id of ids) expect((await api.ended(id)).state).toBe('succeeded');
  await expect(page.getByRole('button', { name: 'Activity: Idle' })).toBeVisible();
});

test('the history is filtered by operation and job, and the address says so', async ({ page, longshore }) => {
  const api = new Api(longshore);
  const [a, b] = [join(longshore.files, 'a'), join(longshore.files, 'b')];
  await makeTree(a, { x: 100 });
  const job = await api.call<{ id: string }>('POST', '/jobs', { name: 'Nightly', operation: 'sync', source: a, destination: b });
  const run = await api.call<Run>('POST', `/jobs/${job.id}/runs`);
  await api.ended(run.id);
  const copy = await api.copy(a, join(longshore.files, 'c'));
  await api.ended(copy);
  await enter(page, longshore);
  const runs = await open(page, longshore, '/runs', 'runs');
  await expect(runs.locator('tbody [data-run]')).toHaveCount(2);
  await runs.getByRole('combobox', { name: 'Operation' }).selectOption('copy');
  await expect(page).toHaveURL(/operation=copy/);
  await expect(runs.locator('tbody [data-run]')).toHaveCount(1);
  await expect(runRow(runs, copy)).toBeVisible();
  await runs.getByRole('combobox', { name: 'Operation' }).selectOption('');
  await runs.getByRole('combobox', { name: 'Job' }).selectOption('Nightly');
  await expect(page).toHaveURL(new RegExp(`job=${job.id}`));
  await expect(runs.locator('tbody [data-run]')).toHaveCount(1);
  await page.reload();
  await expect(runs.getByRole('combobox', { name: 'Job' })).toHaveValue(job.id);
  await expect(runRow(runs, run.id)).toBeVisible();
  await runRow(runs, run.id).getByRole('link').click();
  await expect((await arrived(page, 'run')).getByRole('link', { name: 'Nightly' })).toHaveAttribute('href', `/jobs/${job.id}`);

  await test.step('from the job, and back to all', async () => {
    const jobs = await open(page, longshore, '/jobs', 'jobs');
    await jobRow(page, 'Nightly').getByRole('link', { name: 'Runs of Nightly' }).click();
    await expect(page).toHaveURL(new RegExp(`job=${job.id}`));
    await expect(runs).toContainText('Runs of Nightly');
    await expect(runs.locator('tbody [data-run]')).toHaveCount(1);
    await runs.getByRole('link', { name: 'Show runs of all jobs' }).click();
    await expect(page).toHaveURL(/\/runs$/);
    await expect(runs.locator('tbody [data-run]')).toHaveCount(2);
    await expect(runs).not.toContainText('Runs of Nightly');
    await open(page, longshore, `/jobs/${job.id}`, 'jobs');
    await expect(jobs.getByRole('link', { name: 'History' })).toHaveAttribute('href', `/runs?job=${job.id}`);
  });

  await test.step('a run is compared with the one before it', async () => {
    await makeTree(a, { y: 100, z: 100 });
    const next = await api.call<Run>('POST', `/jobs/${job.id}/runs`);
    await api.ended(next.id);
    const main = await open(page, longshore, `/runs/${next.id}`, 'run');
    const progress = main.getByRole('region', { name: 'Progress' });
    await expect(progress).toContainText('1 file more, 100 B more');
    await accessible(page);
    await progress.getByRole('link', { name: 'the previous run' }).click();
    await expect(runState(page)).toHaveAttribute('data-run', run.id);
    await expect(progress).not.toContainText('Compared with');
  });
});

test('a viewer sees it all, and can do nothing', async ({ page, longshore }) => {
  const api = new Api(longshore);
  const eva = { username: 'eva', password: 'tide-and-harbour-lights' };
  await api.call('POST', '/users', { name: eva.username, role: 'viewer', password: eva.password, must_change_password: false });
  const { id } = await slowCopy(longshore, api);
  await api.copy(join(longshore.files, 'from'), join(longshore.files, 'to'));
  await enter(page, longshore, eva);
  await expect(page.locator('main').getByRole('button', { name: /^Stop/ })).toHaveCount(0);
  await page.getByRole('button', { name: /^Activity/ }).click();
  const activity = page.getByRole('region', { name: 'Activity' });
  await expect(runRow(activity, id)).toBeVisible();
  await expect(activity).toContainText('1 run is waiting in the queue');
  await expect(activity.getByRole('button')).toHaveCount(0);
  const runs = await open(page, longshore, '/runs', 'runs');
  await expect(runs.getByRole('region', { name: 'Queue' })).toContainText('1 run waits');
  await expect(runs.getByRole('region', { name: 'Queue' }).getByRole('button')).toHaveCount(0);
  await expect(runs.getByRole('button', { name: 'Pause queue' })).toHaveCount(0);
  const run = await open(page, longshore, `/runs/${id}`, 'run');
  await expect(run.getByRole('region', { name: 'Control' })).toContainText('2 MiB/s');
  await expect(run.getByRole('button', { name: /Stop|Set|Run/ })).toHaveCount(0);
});
