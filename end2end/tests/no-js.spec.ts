// Without JavaScript: the first start, signing in and out, and reading the history.
import { join } from 'node:path';
import { Api } from '../support/api';
import { expect, test } from '../support/fixtures';
import { ADMIN } from '../support/longshore';
import { arrived, runRow, setUp, signIn, signOut } from '../support/pages';
import { makeTree } from '../support/trees';

test.use({ javaScriptEnabled: false });

// A browser that runs no script refuses to preload one, and reports that as its policy's doing.
test.beforeEach(({ watch }) => watch.allow(/\.js csp$/));

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
