// Without JavaScript: the first start, signing in and out, reading the history, and holding back what runs. What needs the script is not shown.
import { join } from 'node:path';
import { Api } from '../support/api';
import { expect, test } from '../support/fixtures';
import { ADMIN } from '../support/longshore';
import { arrived, jobRow, runRow, setUp, signIn, signOut } from '../support/pages';
import { makeTree, slowCopy } from '../support/trees';

test.use({ javaScriptEnabled: false });

// A browser that runs no script refuses to preload one, and reports that as its policy's doing; what it did preload it does not use.
test.beforeEach(({ watch }) => watch.allow(/\.js csp$/, /longshore\.wasm was preloaded using link preload but not used/));

test('the first start, and back in', async ({ page, fresh }) => {
  await page.goto(fresh.url);
  await setUp(page, fresh);
  await signOut(page);
  await signIn(page);
  await arrived(page, 'overview');
});

test('a wrong password and an unknown name get the same answer', async ({ page, longshore, watch }) => {
  watch.allow(/status 401/, /console error: .*401/);
  const answers: string[] = [];
  for (const username of [ADMIN.username, 'nobody']) {
    await page.goto(`${longshore.url}/login`);
    const main = await arrived(page, 'login');
    await main.locator('[name=username]').fill(username);
    await main.locator('[name=password]').fill('not-the-password');
    await main.getByRole('button', { name: 'Sign in' }).click();
    const alert = main.getByRole('alert');
    await expect(alert).not.toBeEmpty();
    answers.push(await alert.innerText());
  }
  expect(answers[0]).toBe(answers[1]);
});

test('a page that needs a session leads to the sign-in page and back', async ({ page, longshore }) => {
  await page.goto(`${longshore.url}/runs?state=failed`);
  await signIn(page);
  await arrived(page, 'runs');
  expect(new URL(page.url()).search).toBe('?state=failed');
});

test('the history and a run can be read', async ({ page, longshore }) => {
  await makeTree(join(longshore.files, 'from'), { 'a.txt': 1000, 'b/c.txt': 2000 });
  const api = new Api(longshore);
  const id = await api.copy(join(longshore.files, 'from'), join(longshore.files, 'to'));
  expect((await api.ended(id)).state).toBe('succeeded');

  await page.goto(`${longshore.url}/runs`);
  await signIn(page);
  const history = await arrived(page, 'runs');
  const row = runRow(history, id);
  await expect(row).toHaveAttribute('data-state', 'succeeded');
  await history.locator(`a[href="/runs/${id}"]`).first().click();
  const run = await arrived(page, 'run');
  await expect(run).toContainText('Succeeded');
  await expect(run).toContainText(join(longshore.files, 'to'));
});

test('the queue rests and goes on, a run is slowed and stopped', async ({ page, longshore }) => {
  const api = new Api(longshore);
  const { id } = await slowCopy(longshore, api);
  await expect.poll(async () => (await api.run(id)).state).toBe('running');
  await page.goto(`${longshore.url}/runs`);
  await signIn(page);
  const runs = await arrived(page, 'runs');
  await runs.getByRole('button', { name: 'Pause queue' }).click();
  await expect(runs).toContainText('ana paused the queue');
  await expect(runs.getByRole('button', { name: 'Pause queue' })).toHaveCount(0);

  // What waits cannot be moved without the script: no button pretends that it can.
  const waits = await api.copy(join(longshore.files, 'from'), join(longshore.files, 'other'));
  await page.reload();
  await expect(runs.locator(`[data-wait="${waits}"]`)).toBeVisible();
  await expect(runs.getByRole('region', { name: 'Queue' }).getByRole('button')).toHaveCount(1);
  await runs.getByRole('button', { name: 'Resume' }).click();
  await expect(runs).not.toContainText('paused the queue');

  await page.goto(`${longshore.url}/runs/${id}`);
  const run = await arrived(page, 'run');
  const control = run.getByRole('region', { name: 'Control' });
  await control.getByRole('button', { name: '1M' }).click();
  await expect(control).toContainText('1 MiB/s');
  await control.getByRole('textbox', { name: 'Another limit' }).fill('quick');
  await control.getByRole('button', { name: 'Set' }).click();
  await expect(control.getByRole('alert')).not.toBeEmpty();
  await run.getByRole('button', { name: 'Stop' }).click();
  await expect.poll(async () => (await api.run(id)).state).toBe('cancelled');
  await page.goto(`${longshore.url}/runs/${id}`);
  await expect(run).toContainText('This run was stopped before it finished');
  await expect(run.getByRole('button', { name: /^(Run again|Retry|Copy)/ })).toHaveCount(0);
});

test('a job can be read, and what would do nothing is not shown', async ({ page, longshore }) => {
  const api = new Api(longshore);
  await makeTree(join(longshore.files, 'a'), { 'one.txt': 1 });
  const job = { name: 'Letters', operation: 'copy', source: join(longshore.files, 'a'), destination: join(longshore.files, 'b') };
  const { id } = await api.call<{ id: string }>('POST', '/jobs', job);
  const run = await api.call<{ id: string }>('POST', `/jobs/${id}/runs`);
  await api.ended(run.id);
  await page.goto(`${longshore.url}/jobs`);
  await signIn(page);
  const jobs = await arrived(page, 'jobs');
  await expect(jobRow(page, 'Letters')).toBeVisible();
  await expect(jobRow(page, 'Letters').getByRole('button')).toHaveCount(0);
  await jobRow(page, 'Letters').getByRole('link', { name: 'Runs of Letters' }).click();
  await expect(runRow(page.locator('main'), run.id)).toBeVisible();
  await expect(page.locator('main')).toContainText('Runs of Letters');
  await page.goto(`${longshore.url}/jobs/${id}`);
  await expect(jobs).toContainText('Starting a transfer needs JavaScript');
  for (const name of ['Run now', 'Save job', 'Preview']) await expect(jobs.getByRole('button', { name })).toHaveCount(0);
});
