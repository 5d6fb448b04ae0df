// The API's documents: they come with the console, answer everybody once it is set up, and Swagger UI can make the calls that it shows.
import { type Page } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import type { Longshore } from '../support/longshore';

interface Description {
  paths: Record<string, Record<string, { summary: string }>>;
}

/** What each operation is called, from the description itself. */
async function summaries(longshore: Longshore): Promise<string[]> {
  const description = (await (await fetch(`${longshore.url}/api/v1/openapi.json`)).json()) as Description;
  return Object.values(description.paths).flatMap((item) => Object.values(item).map((operation) => operation.summary));
}

/** Every address that a page asks for, to be looked at in the end. */
function requests(page: Page): string[] {
  const seen: string[] = [];
  page.on('request', (request) => seen.push(request.url()));
  return seen;
}

/** That all of them were the console's own, or made by the page itself. */
function allFromHere(seen: string[], longshore: Longshore): void {
  expect(seen.length).toBeGreaterThan(3);
  expect(seen.filter((url) => !url.startsWith(longshore.url) && !/^(data|blob):/.test(url))).toEqual([]);
}

test('Swagger UI lists every operation and makes a call with a token', async ({ page, longshore, watch }) => {
  const seen = requests(page);
  const token = longshore.createToken();
  const answer = await page.goto(`${longshore.url}/docs`);
  expect(answer?.headers()['content-security-policy']).not.toContain('unsafe');

  await test.step('everything is listed', async () => {
    const all = await summaries(longshore);
    await expect(page.locator('.opblock')).toHaveCount(all.length);
    for (const summary of all) await expect(page.locator('.opblock-summary-description', { hasText: summary }).first()).toBeVisible();
  });

  const call = page.locator('#operations-remotes-remotes_list');
  const execute = async (status: number) => {
    const answered = page.waitForResponse((response) => response.url() === `${longshore.url}/api/v1/remotes`);
    await call.getByRole('button', { name: 'Execute' }).click();
    expect((await answered).status()).toBe(status);
    await expect(call.locator('.live-responses-table .response-col_status').filter({ hasText: String(status) })).toBeVisible();
  };

  await test.step('without a token it is refused', async () => {
    watch.allow(/status 401: GET .*\/api\/v1\/remotes$/, /status of 401 .*\/docs#/);
    await call.locator('.opblock-summary-control').click();
    await execute(401);
  });

  await test.step('with a token it is answered', async () => {
    await page.getByRole('button', { name: 'Authorize' }).click();
    const dialog = page.locator('.modal-ux');
    const bearer = dialog.locator('.auth-container', { hasText: 'Bearer' });
    await bearer.getByLabel('auth-bearer-value').fill(token);
    await bearer.getByRole('button', { name: 'Apply credentials' }).click();
    await bearer.getByRole('button', { name: 'Close' }).click();
    await execute(200);
    await expect(call.locator('.live-responses-table .microlight, .live-responses-table .highlight-code').first()).toContainText('[]');
  });

  await test.step('the token is kept nowhere', async () => {
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain('lsh_');
  });
  allFromHere(seen, longshore);
});

test('ReDoc lists every operation and finds one', async ({ page, longshore }) => {
  const seen = requests(page);
  const answer = await page.goto(`${longshore.url}/redoc`);
  expect(answer?.headers()['content-security-policy']).not.toContain('unsafe');
  for (const summary of await summaries(longshore)) await expect(page.locator('h2', { hasText: summary }).first()).toBeVisible();
  await expect(page.locator('body')).toHaveCSS('margin', '0px');
  // Its own styles are there too: the menu is beside the text, not above it.
  const menu = await page.locator('.menu-content').boundingBox();
  const text = await page.locator('.api-content').boundingBox();
  expect(text?.x ?? 0).toBeGreaterThanOrEqual((menu?.x ?? 0) + (menu?.width ?? 0) - 1);
  await page.getByPlaceholder('Search...').fill('stop');
  await expect(page.locator('[data-role="search:results"]').getByText('Stop a run').first()).toBeVisible();
  allFromHere(seen, longshore);
});

test('before there is an admin there are no documents', async ({ page, fresh }) => {
  for (const path of ['/docs', '/redoc']) {
    await page.goto(`${fresh.url}${path}`);
    await expect(page).toHaveURL(`${fresh.url}/setup`);
  }
});
